/* Makes the content of cards, which is markup in an attribute: a text, or a list of an element's name, attributes and
   children. Other markup changes what differs alone, so what the page has added, sorted or focused stays. An element
   of another key is another element. */

/* What was made of a text or an element: its markup, its node, and what was made of its children. */
function made(markup) {
  if (typeof markup === "string") {
    return { markup, node: document.createTextNode(markup), parts: [] };
  }
  const [name, attributes, ...children] = markup;
  const node = document.createElement(name);
  const parts = children.map(made);
  setAttributes(node, {}, attributes);
  node.append(...parts.map((part) => part.node));
  return { markup, node, parts };
}

function setAttributes(node, before, after) {
  for (const name of Object.keys(before)) {
    if (!(name in after) && name !== "key") {
      node.removeAttribute(name);
    }
  }
  for (const [name, value] of Object.entries(after)) {
    if (before[name] === value || name === "key") {
      continue;
    }
    if (name === "style") {
      // The attribute itself is forbidden to pages that forbid inline styles.
      node.style.cssText = value;
    } else {
      node.setAttribute(name, value);
    }
  }
}

function isSame(before, after) {
  return typeof before === "string" || typeof after === "string"
    ? typeof before === typeof after
    : before[0] === after[0] && before[1].key === after[1].key;
}

/* Returns what stands for the markup in place of what stood there. */
function changed(part, markup) {
  if (!isSame(part.markup, markup)) {
    const other = made(markup);
    part.node.replaceWith(other.node);
    return other;
  }
  if (typeof markup === "string") {
    if (part.markup !== markup) {
      part.node.data = markup;
    }
    return { ...part, markup };
  }
  const [, attributes, ...children] = markup;
  setAttributes(part.node, part.markup[1], attributes);
  return { markup, node: part.node, parts: changedParts(part.node, part.parts, children) };
}

/* Returns what stands for the children of an element, or of a place, after they have changed. */
export function changedParts(node, parts, children) {
  for (const part of parts.slice(children.length)) {
    part.node.remove();
  }
  const kept = parts.slice(0, children.length).map((part, place) => changed(part, children[place]));
  const added = children.slice(parts.length).map(made);
  node.append(...added.map((part) => part.node));
  return [...kept, ...added];
}

/* The markup that each place has, and what was made of it. */
const filled = new WeakMap();

/* Fills the places whose markup is another than the one they show. */
export function fillContents() {
  for (const place of document.querySelectorAll("[data-content]")) {
    const text = place.dataset.content;
    const { text: shown, parts } = filled.get(place) ?? { text: "", parts: [] };
    if (text !== shown) {
      filled.set(place, { text, parts: changedParts(place, parts, text ? JSON.parse(text) : []) });
    }
  }
}
