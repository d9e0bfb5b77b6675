import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { changedParts } from "../src/contents.js";

/* As much of a document as contents need. */
class Node {
  parent = null;
  remove() {
    this.parent?.nodes.splice(this.parent.nodes.indexOf(this), 1);
    this.parent = null;
  }
  replaceWith(other) {
    this.parent.nodes.splice(this.parent.nodes.indexOf(this), 1, other);
    [other.parent, this.parent] = [this.parent, null];
  }
}

class Text extends Node {
  constructor(data) {
    super();
    this.data = data;
  }
  get html() {
    return this.data;
  }
}

class Element extends Node {
  attributes = new Map();
  nodes = [];
  style = { cssText: "" };
  constructor(name) {
    super();
    this.name = name;
  }
  setAttribute(name, value) {
    this.attributes.set(name, value);
  }
  removeAttribute(name) {
    this.attributes.delete(name);
  }
  append(...nodes) {
    for (const node of nodes) {
      node.parent = this;
      this.nodes.push(node);
    }
  }
  get html() {
    const style = this.style.cssText ? ` style="${this.style.cssText}"` : "";
    const attributes = Array.from(this.attributes, ([name, value]) => ` ${name}="${value}"`).join("");
    return `<${this.name}${attributes}${style}>${this.nodes.map((node) => node.html).join("")}</${this.name}>`;
  }
}

globalThis.document = {
  createElement: (name) => new Element(name),
  createTextNode: (data) => new Text(data),
};

let place, parts;

function show(...markup) {
  parts = changedParts(place, parts, markup);
  return place.nodes.map((node) => node.html).join("");
}

beforeEach(() => {
  place = new Element("div");
  parts = [];
});

test("markup becomes elements with attributes and texts", () => {
  const shown = show("a ", ["p", { class: "note", style: "--share:5%" }, "so ", ["b", {}, "<3"]]);
  assert.equal(shown, 'a <p class="note" style="--share:5%">so <b><3</b></p>');
});

test("what stays the same keeps its node, and what the page has set on it", () => {
  show(["ul", {}, ["li", { class: "a", title: "x" }, "1"], ["li", {}, "2"]]);
  const [list] = place.nodes;
  const [first, second] = list.nodes;
  first.setAttribute("tabindex", "0");
  list.nodes.reverse();
  show(["ul", {}, ["li", { class: "b" }, "1"], ["li", {}, "3"], ["li", {}, "4"]]);
  assert.equal(place.nodes[0], list);
  assert.equal(first.html, '<li class="b" tabindex="0">1</li>');
  assert.equal(second.html, "<li>3</li>");
  assert.equal(list.nodes.length, 3);
});

test("another element, or one of another key, takes the place of the one before", () => {
  show(["p", {}, "1"], ["table", { key: "a" }, "2"], "3");
  const [p, table, text] = place.nodes;
  assert.equal(show(["b", {}, "1"], ["table", { key: "b" }, "2"], "4"), "<b>1</b><table>2</table>4");
  assert.ok(!place.nodes.includes(p));
  assert.ok(!place.nodes.includes(table));
  assert.equal(place.nodes[2], text);
});

test("what is shown no more is gone, and an attribute too", () => {
  show(["p", { hidden: "", style: "--a:1" }, "1", ["b", {}, "2"]], "3");
  assert.equal(show(["p", { style: "" }, "1"]), "<p>1</p>");
  assert.equal(show(), "");
});
