/* Bundles the front end into the folder named on the command line. The names of scripts and styles carry the
   hash of their content, and each has its bytes packed by Brotli beside it, because that takes a server too long. */

import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress } from "node:zlib";
import { build } from "esbuild";
import { bootstrapParts } from "./bootstrap.mjs";
import { iconPicture } from "./icons.mjs";

const require = createRequire(import.meta.url);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = process.argv[2];

if (!folder) {
  console.error("usage: node build.mjs FOLDER");
  process.exit(2);
}
await mkdir(folder, { recursive: true });
const shared = {
  outdir: folder,
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  // The oldest browsers that know color-mix(), which the style sheet needs.
  target: ["chrome111", "firefox113", "safari16.4"],
  logLevel: "warning",
};
// A module of its own, which a page loads with the first drawer; it carries its styles.
const { metafile } = await build({
  ...shared,
  entryPoints: { drawer: here("src/drawer/drawer.js") },
  format: "esm",
  loader: { ".css": "text" },
  metafile: true,
});
const [drawer] = Object.keys(metafile.outputs);
await build({
  ...shared,
  entryPoints: {
    dashboard: here("src/main.js"),
    sources: here("src/sources/main.js"),
    style: here("styles/dashboard.css"),
    login: here("styles/login.css"),
  },
  format: "iife",
  loader: { ".svg": "dataurl" },
  plugins: [bootstrapParts, iconPicture],
  define: { DRAWER_FILE: JSON.stringify(basename(drawer)) },
});
// Plotly's bundle is minified already.
const plotly = await readFile(require.resolve("plotly.js-basic-dist-min"));
const hash = createHash("sha256").update(plotly).digest("hex").slice(0, 8).toUpperCase();
await writeFile(`${folder}/plotly-${hash}.js`, plotly);
await cp(here("favicon.svg"), `${folder}/favicon.svg`);
// Node's own quality is the best one.
const pack = promisify(brotliCompress);
const names = (await readdir(folder)).filter((name) => /\.(js|css)$/.test(name));
await Promise.all(
  names.map(async (name) =>
    writeFile(`${folder}/${name}.br`, await pack(await readFile(`${folder}/${name}`))),
  ),
);
