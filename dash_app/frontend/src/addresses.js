/* The addresses of the server: they begin with its base path, which the document names. */

function basePath() {
  return document.querySelector('meta[name="base-path"]').content;
}

/* Returns what the addresses of all sources begin with: the base path, if there is one source. */
export function sharedPath() {
  return document.querySelector('meta[name="shared-path"]').content;
}

/* Returns the name of the source of this page; the empty text if there is one source. */
export function sourceName() {
  return document.querySelector('meta[name="source"]').content;
}

/* Returns the whole address of one of the server's paths, such as "/live". */
export function address(path) {
  return new URL(basePath() + path, location.href);
}

/* Returns where a page belongs that was opened at `path`; null if it is below the base path. */
export function pathBelow(base, path) {
  return base === "" || path === base || path.startsWith(`${base}/`) ? null : base + path;
}

/* Goes on to the same page below the base path, if it was opened past the proxy. */
export function goBelowBase() {
  const path = pathBelow(basePath(), location.pathname);
  if (path !== null) {
    location.replace(address(location.pathname + location.search + location.hash));
  }
}
