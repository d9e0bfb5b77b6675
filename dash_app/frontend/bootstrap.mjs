/* What the style sheets take of Bootstrap: its rules for plain elements and for these classes. All of it is 232 kB,
   which each page would parse and match. */

import { readFile } from "node:fs/promises";
import { PurgeCSS } from "purgecss";

/* Bootstrap's classes that pages have; a class that is missing here has no style. */
export const CLASSES = [
  "active",
  "btn",
  "btn-outline-secondary",
  "btn-primary",
  "btn-sm",
  "card",
  "card-body",
  "flex-column",
  "form-control",
  "form-control-sm",
  "form-select",
  "form-select-sm",
  "nav",
  "nav-link",
  "table",
  "table-hover",
  "table-sm",
  "visually-hidden",
];

const ELEMENTS = `html body a abbr address article aside b bdi button caption code col colgroup dd del details dialog div
  dl dt em fieldset footer form h1 h2 h3 h4 header hr i img input kbd label legend li main mark nav ol option output p
  pre progress s samp section select small span strong sub summary sup svg table tbody td textarea tfoot th thead time
  tr ul`;

/* Has esbuild leave the other rules out. */
export const bootstrapParts = {
  name: "bootstrap-parts",
  setup(build) {
    build.onLoad({ filter: /bootstrap\.min\.css$/ }, async ({ path }) => {
      const used = { raw: `${CLASSES.join(" ")} ${ELEMENTS} data-bs-theme light dark`, extension: "txt" };
      const css = { raw: await readFile(path, "utf8") };
      const [{ css: contents }] = await new PurgeCSS().purge({ content: [used], css: [css] });
      return { contents, loader: "css" };
    });
  },
};
