/* What the document brings along: the layout with the page and its first values, and the list of callbacks. Dash
   asks the server for both; the document answers, once. */

/* Returns the text that the document has for one of Dash's first requests; null if it has none. */
function taken(address) {
  const name = /\/_dash-(layout|dependencies)$/.exec(new URL(address, location.href).pathname)?.[1];
  const element = name && document.getElementById(`first-${name}`);
  element?.remove();
  return element ? element.textContent : null;
}

/* Returns a layout that knows where it is: a document belongs to the address it was asked for. */
export function placed(layout, { pathname, search }) {
  return layout
    .replace('"@pathname"', () => JSON.stringify(pathname))
    .replace('"@search"', () => JSON.stringify(search));
}

/* Answers Dash's first requests from the document. */
export function answerFirst() {
  const plain = window.fetch.bind(window);
  window.fetch = (resource, options) => {
    const text = taken(resource instanceof Request ? resource.url : resource);
    return text === null
      ? plain(resource, options)
      : Promise.resolve(
          new Response(placed(text, location), { headers: { "Content-Type": "application/json" } }),
        );
  };
}
