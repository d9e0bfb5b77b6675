/* The status pill in the bar and its panel. What they say is made by pill.js. */

import { ageOf } from "./durations.js";
import { element, icon } from "./elements.js";
import { setNotice } from "./notice.js";
import { factsOf, pillOf, textOf, timeOfDay } from "./pill.js";
import { openedPopup, togglePopup } from "./popup.js";
import { timeWords } from "./run_words.js";
import { setText } from "./text.js";

let known = null;
let panel = null;
let shownKey = "";

/* Shows what is known in the pill, and in its panel if that is open. */
export function showPill(next) {
  const pill = document.getElementById("status-pill");
  if (!pill) {
    return;
  }
  known = next;
  const state = pillOf(known);
  if (pill.dataset.tone !== state.tone) {
    pill.dataset.tone = state.tone;
  }
  setText(pill.querySelector(".pill-label"), state.label);
  setText(pill.querySelector(".pill-detail"), state.detail && ` · ${state.detail}`);
  setText(pill.querySelector(".pill-more"), state.more ? `+${state.more}` : "");
  setText(document.getElementById("status-said"), state.said);
  showRunLine(pill.querySelector(".pill-run"), known.status?.run);
  if (panel && openedPopup() === panel) {
    fillPanel(state);
  }
}

function showRunLine(line, run) {
  const share = run?.total > 0 ? `${((100 * run.done) / run.total).toFixed(1)}%` : "";
  line.classList.toggle("is-shown", Boolean(run));
  line.classList.toggle("is-unknown", Boolean(run) && !share);
  if (line.style.width !== share) {
    line.style.width = share;
  }
}

/* Opens the panel, or closes it. */
export function togglePanel(pill) {
  if (!panel) {
    panel = element("section", "popup status-panel");
    panel.id = "status-panel";
    panel.tabIndex = -1;
    panel.setAttribute("role", "dialog");
    panel.setAttribute("aria-label", "Status");
    document.body.append(panel);
    panel.hidden = true;
  }
  shownKey = "";
  fillPanel(pillOf(known));
  togglePopup(pill, panel);
}

function fillPanel({ items }) {
  const run = known.status?.run ?? null;
  const facts = factsOf(known);
  const key = JSON.stringify([items, Boolean(run), facts.map(([name]) => name)]);
  if (key !== shownKey) {
    shownKey = key;
    panel.replaceChildren(...(run ? [runPart()] : []), ...items.map(itemPart), factsPart(facts));
  }
  if (run) {
    fillRun(run);
  }
  facts.forEach(([, text], place) => {
    setText(panel.querySelectorAll(".status-facts dd")[place], text);
  });
  for (const age of panel.querySelectorAll("[data-since]")) {
    setText(age, ` (${ageOf((known.now - Number(age.dataset.since)) / 1000)})`);
  }
}

function runPart() {
  const bar = element("progress", "run-bar");
  bar.setAttribute("aria-label", "Progress of the run");
  const head = element("p", "", element("strong", "run-title"), element("span", "run-time"));
  const part = element("section", "run-progress", head, bar, element("p", "run-step"));
  part.id = "run-progress";
  part.setAttribute("aria-label", "Run under way");
  return part;
}

function fillRun(run) {
  const bar = panel.querySelector(".run-bar");
  setText(panel.querySelector(".run-title"), run.title);
  setText(panel.querySelector(".run-time"), timeWords(run));
  setText(panel.querySelector(".run-step"), run.step);
  if (run.total > 0) {
    bar.max = run.total;
    bar.value = run.done;
  } else {
    bar.removeAttribute("value");
  }
}

function itemPart(item) {
  const heading = element(
    "h3",
    "",
    icon("exclamation-triangle"),
    item.kind === "disconnected" ? item.said : item.label,
  );
  const part = element(
    "section",
    `status-item tone-${item.tone}`,
    heading,
    element("p", "status-text", textOf(item)),
  );
  part.dataset.kind = item.kind;
  const rows = [
    ["Since", item.since === null ? "" : sinceOf(item.since)],
    ["Effect", item.effect],
    ["What to do", item.remedy],
  ].filter(([, text]) => text);
  if (rows.length) {
    part.append(
      element(
        "dl",
        "",
        ...rows.flatMap(([name, text]) => [element("dt", "", name), element("dd", "", text)]),
      ),
    );
  }
  if (item.kind === "notice") {
    const button = element("button", "btn btn-sm quiet-button", "Dismiss");
    button.type = "button";
    button.addEventListener("click", () => setNotice(null));
    part.append(button);
  }
  return part;
}

function sinceOf(since) {
  const age = element("span");
  age.dataset.since = String(since);
  return element("span", "", timeOfDay(since, known.zone), age);
}

function factsPart(facts) {
  const rows = facts.flatMap(([name, text]) => [element("dt", "", name), element("dd", "", text)]);
  return element("dl", "status-facts", ...rows);
}
