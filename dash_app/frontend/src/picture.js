/* A card as a PNG, as it looks now: its elements and the rules of the style sheets become an SVG picture, which
   the browser draws. No request leaves the page. */

import { fileName, saveFile } from "./files.js";
import { say } from "./toast.js";

const SCALE = 2;

/* Saves the picture of a card. */
export async function savePicture(card) {
  try {
    saveFile(await pictureOf(card), fileName(card, "png"));
  } catch {
    say("This browser cannot make the picture");
  }
}

async function pictureOf(card) {
  const [width, height] = [card.offsetWidth, card.scrollHeight];
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgOf(card, width, height))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  const drawing = canvas.getContext("2d");
  drawing.fillStyle = getComputedStyle(card).backgroundColor;
  drawing.fillRect(0, 0, canvas.width, canvas.height);
  drawing.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png");
  });
}

function svgOf(card, width, height) {
  const copy = card.cloneNode(true);
  copy.querySelector(".card-menu")?.remove();
  copy.querySelector("[data-figure]")?.removeAttribute("data-figure");
  copy.classList.remove("is-full", "is-found");
  Object.assign(copy.style, { width: `${width}px`, height: `${height}px`, border: "0", borderRadius: "0" });
  const ground = document.createElement("div");
  const { font, color } = getComputedStyle(document.body);
  Object.assign(ground.style, { font, color });
  ground.dataset.bsTheme = document.documentElement.dataset.bsTheme;
  const styles = document.createElement("style");
  styles.textContent = Array.from(document.styleSheets, rulesOf).join("\n");
  ground.append(styles, copy);
  const content = new XMLSerializer().serializeToString(ground);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<foreignObject width="100%" height="100%">${content}</foreignObject></svg>`
  );
}

/* Returns the rules that hold now: in the picture, whose window is the card, other ones would. */
function rulesOf(group) {
  return Array.from(group.cssRules, (rule) => {
    if (rule instanceof CSSMediaRule) {
      return matchMedia(rule.conditionText).matches ? rulesOf(rule) : "";
    }
    return rule.cssText;
  }).join("\n");
}
