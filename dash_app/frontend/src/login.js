/* The end of a login: the page clears what it shows, and goes to the login, which leads back to where it was. */

import { address, sharedPath } from "./addresses.js";

const LOGGED_OUT = 4401;
let isLeaving = false;

/* Returns the login's address for a page at `here`, its path below the base path. */
export function loginPath(here) {
  return here === "/" ? "/login" : `/login?next=${encodeURIComponent(here)}`;
}

/* Returns the part of a location below the base path, as the login takes it. */
export function pathOf(base, { pathname, search, hash }) {
  const path = pathname.startsWith(`${base}/`) ? pathname.slice(base.length) : pathname;
  return path + search + hash;
}

/* Clears the page and goes to the login. */
export function leave() {
  if (isLeaving) {
    return;
  }
  isLeaving = true;
  document.getElementById("main")?.replaceChildren();
  document.getElementById("cache-state")?.replaceChildren();
  const base = new URL(`${sharedPath()}/`, location.href).pathname.replace(/\/$/, "");
  location.replace(new URL(sharedPath() + loginPath(pathOf(base, location)), location.href));
}

/* Leaves if a socket was closed because the login is over; returns whether it was. */
export function leaveIfLoggedOut(event) {
  if (event.code === LOGGED_OUT) {
    leave();
  }
  return isLeaving;
}

/* Leaves as soon as the server refuses a request of the page, also one of Dash's own. */
export function watchRequests() {
  const plain = window.fetch.bind(window);
  window.fetch = async (...request) => {
    const answer = await plain(...request);
    if (answer.status === 401) {
      leave();
    }
    return answer;
  };
  // A page that the browser brings back may be of a login that is over.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      window.fetch(address("/state"), { cache: "no-store" }).catch(() => {});
    }
  });
}
