/* Buttons that start a run and look busy until it has ended: the page's Refresh, Full Refresh, a card's. */

import { getAddress, selectionText } from "./address.js";
import { address } from "./addresses.js";
import { setNotice } from "./notice.js";
import { openPage, readPage } from "./page.js";

/* Posts to one of the addresses that start a run; returns why there is no new value, null if there is one. */
async function run(path) {
  try {
    const url = address(path);
    url.searchParams.set("wait", "1");
    const answer = await fetch(url, { method: "POST" });
    if (answer.ok) {
      return null;
    }
    const isJson = answer.headers.get("content-type")?.startsWith("application/json");
    return isJson ? (await answer.json()).error : `The server answers ${answer.status}.`;
  } catch {
    return "The server does not answer.";
  }
}

/* Starts a run if the button is not busy with one. A failure becomes the notice of the status pill. */
async function refresh(button, path, name) {
  if (button.classList.contains("is-busy")) {
    return;
  }
  button.classList.add("is-busy");
  button.setAttribute("aria-disabled", "true");
  const failure = await run(path);
  button.classList.remove("is-busy");
  button.removeAttribute("aria-disabled");
  setNotice(failure === null ? null : { label: `${name} failed`, text: failure });
}

/* Computes all datasets. */
export function refreshAll(button) {
  refresh(button, "/api/refresh", "Full refresh");
}

/* Computes the datasets of the open page as its address selects them; a page without datasets reads itself again. */
export function refreshPage(button) {
  const page = openPage();
  if (!page) {
    return;
  }
  if (page.querySelector('[data-key]:not([data-key=""])')) {
    refresh(button, `/api/refresh/${page.dataset.page}?${selectionText(getAddress())}`, "Refresh");
  } else {
    readPage(page);
  }
}

/* Computes the dataset of a card; its key has what is selected. */
export function refreshCard(card, button) {
  refresh(button, `/api/refresh/dataset/${card.dataset.key}`, "Refresh");
}
