// Builds the page from the core that `dev/setup.sh page` made: the widget and the playground for the Worker's assets, and the npm package. Prints
// what each part weighs, and fails where one is too heavy.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const out = join(root, "target/page");
const [core, site, embedded, pack] = ["core", "site", "embedded", "package"].map((name) => join(out, name));

/** The most that a part may weigh, gzipped, in octets. */
const BUDGETS = {
  "rcpt.js": 8 * 1024,
  "the core at the first key press": 90 * 1024,
  "the core beyond ASCII": 120 * 1024,
  "the lists": 80 * 1024,
  "the languages beside English": 4 * 1024,
};

for (const folder of [site, embedded, pack]) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

const integrity = (bytes) => `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
const table = (name) => readFileSync(join(root, "shared/tables", `${name}.txt`), "utf8");

const wasm = { ascii: readFileSync(join(core, "ascii.wasm")), unicode: readFileSync(join(core, "unicode.wasm")) };
const lists = ["disposable", "free"].map(table);

/** Puts a file into the site under a name that changes with it. */
function place(part, type, bytes) {
  const integrity = `sha256-${createHash("sha256").update(bytes).digest("base64")}`;
  writeFileSync(join(site, `rcpt-${part}-${integrity.slice(7, 19).replace(/\W/g, "_")}.${type}`), bytes);
  return JSON.stringify({ part, type, integrity });
}

const shared = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  minify: true,
  sourcemap: true,
  target: ["es2022"],
  legalComments: "none",
  logLevel: "warning",
  alias: { "rcpt-core": core, "rcpt-embedded": embedded },
};

// 1. For the Worker.
const listsFile = Buffer.from(lists.join("\n"));
const spoken = await build({ ...shared, sourcemap: false, entryPoints: ["widget/messages/languages.ts"], write: false, outdir: out });
const languages = await import(`data:text/javascript,${encodeURIComponent(spoken.outputFiles[0].text)}`);
const languagesFile = Buffer.from(JSON.stringify(languages.default));
await build({
  ...shared,
  entryPoints: { rcpt: "widget/rcpt.ts", playground: "playground/playground.ts" },
  outdir: site,
  define: {
    ASCII: place("ascii", "wasm", wasm.ascii),
    UNICODE: place("unicode", "wasm", wasm.unicode),
    LISTS: place("lists", "txt", listsFile),
    LANGUAGES: place("languages", "json", languagesFile),
  },
});
for (const file of ["index.html", "playground.css", "favicon.svg"]) cpSync(join(here, "playground", file), join(site, file));
cpSync(join(here, "_headers"), join(site, "_headers"));

// 2. For npm.
const module = (name, value) => writeFileSync(join(embedded, `${name}.js`), `export default ${JSON.stringify(value)};\n`);
module("ascii", wasm.ascii.toString("base64"));
module("unicode", wasm.unicode.toString("base64"));
module("lists", lists);
writeFileSync(join(embedded, "ascii.d.ts"), "declare const base64: string;\nexport default base64;\n");
cpSync(join(embedded, "ascii.d.ts"), join(embedded, "unicode.d.ts"));
writeFileSync(join(embedded, "lists.d.ts"), "declare const lists: [string, string];\nexport default lists;\n");
execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--project", here], { stdio: "inherit" });
await build({ ...shared, minify: false, entryPoints: { index: "package/index.ts" }, outdir: join(pack, "dist"), splitting: true, chunkNames: "[name]" });
const types = ["--declaration", "--emitDeclarationOnly", "--noEmit", "false", "--outDir", join(pack, "dist/types"), "--rootDir", here];
execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--project", join(here, "package"), ...types], { stdio: "inherit" });
for (const part of ["ascii", "unicode", "lists"]) {
  // Data have no source that a map could lead to.
  const file = join(pack, "dist", `${part}.js`);
  rmSync(`${file}.map`);
  writeFileSync(file, readFileSync(file, "utf8").replace(/\/\/# sourceMappingURL=.*\n/, ""));
}
for (const file of ["package.json", "README.md"]) cpSync(join(here, "package", file), join(pack, file));
cpSync(join(root, "LICENSE"), join(pack, "LICENSE"));

// 3. What it weighs.
const script = readFileSync(join(site, "rcpt.js"));
const weights = {
  "rcpt.js": script,
  "the core at the first key press": wasm.ascii,
  "the core beyond ASCII": wasm.unicode,
  "the lists": listsFile,
  "the languages beside English": languagesFile,
};
for (const [part, bytes] of Object.entries(weights)) {
  const weight = gzipSync(bytes, { level: 9 }).length;
  console.log(`${part}: ${weight} octets gzipped`);
  if (weight > BUDGETS[part]) throw new Error(`${part}: expected at most ${BUDGETS[part]} octets gzipped, found ${weight}`);
}
console.log(`rcpt.js: integrity="${integrity(script)}"`);
