// The npm package, packed and installed into an empty project: its types, and `parse` in Node, in a bundle and in the browser, held to what `rcpt`
// says of the same texts. CORPUS is a file with a JSON object a line, RCPT the program.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { edge, example, expect, open, root } from "./browser.mjs";

const ENTRY = `import { Problem, parse, verify, attach, define, type Parsed, type Verdict, type Reason } from "@rcpt/widget";
const parsed: Parsed = await parse("ada@gmial.com");
const meant: string | null = parsed.suggestion;
const reasons: Partial<Record<Reason, string>> = { mailbox_full: "full" };
export const ask = (email: string): Promise<Verdict> => verify(email, { edge: "https://rcpt.example.com", level: "dns" });
export const detach = (input: HTMLInputElement): (() => void) => attach(input, { policy: { disposable: "block" } });
// @ts-expect-error no such level
export const wrong = () => verify("ada@example.com", { edge: "https://rcpt.example.com", level: "deep" });
console.log(meant, reasons, Problem.name, typeof define);
`;

const ALL = `import { parse } from "@rcpt/widget";
export const parseAll = async (texts) => Promise.all(texts.map(parse));
`;

export default async function (browser) {
  const project = mkdtempSync(join(tmpdir(), "rcpt-package-"));
  try {
    install(project);
    holdsWhatItNames(project);
    checkTypes(project);
    withoutDocument(project);
    const texts = corpus();
    const expected = ofProgram(texts);
    compare("Node", await inNode(project, texts), expected);
    compare("the bundle", await inBundle(project, texts), expected);
    compare("the browser", await inBrowser(browser, project, texts), expected);
    console.log(`${texts.length} addresses in Node, in a bundle and in the browser as rcpt has them`);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

function install(project) {
  const npm = (...args) => execFileSync("npm", [...args, "--offline", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: project, encoding: "utf8" });
  npm("pack", join(root, "target/page/package"), "--pack-destination", project);
  writeFileSync(join(project, "package.json"), '{ "name": "empty", "private": true, "type": "module" }');
  npm("install", join(project, readdirSync(project).find((name) => name.endsWith(".tgz"))));
}

/** What the package's description names is there; what is of no use to anybody, or names a place of this machine, is not. */
function holdsWhatItNames(project) {
  const home = join(project, "node_modules/@rcpt/widget");
  const described = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  const named = [described.types, ...Object.values(described.exports).flatMap((to) => (typeof to === "string" ? [to] : Object.values(to)))];
  for (const file of named) readFileSync(join(home, file));
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  expect(!files.some((file) => /playground|rcpt\.d\.ts|remote\.d\.ts/.test(file)), "nothing that is the edge's", files);
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    expect(!text.includes(root), `no place of this machine's in ${file}`);
    const map = /sourceMappingURL=(\S+)$/m.exec(text)?.[1];
    if (map) expect(files.includes(join(file, "..", map)), `the map of ${file}`, map);
  }
  const map = JSON.parse(readFileSync(join(home, "dist/index.js.map"), "utf8"));
  expect(map.sources.some((source) => source.endsWith("widget/field.ts")) && map.sourcesContent.length === map.sources.length, "a map with its sources", map.sources);
}

/** The README's field for React, as it stands there, with React's own types. */
function react(project) {
  const [, example] = /```tsx\n([^]*?)```/.exec(readFileSync(join(project, "node_modules/@rcpt/widget/README.md"), "utf8"));
  mkdirSync(join(project, "node_modules/@types"), { recursive: true });
  symlinkSync(join(root, "node_modules/@types/react"), join(project, "node_modules/@types/react"));
  writeFileSync(join(project, "field.tsx"), `${example}\nexport const shown = <EmailField onOutcome={({ reason }) => console.log(reason)} />;\n`);
}

/** A server has no document: loading, parsing and asking do not miss one. */
function withoutDocument(project) {
  writeFileSync(join(project, "server.mjs"), 'import * as all from "@rcpt/widget";\nconsole.log(typeof document, Object.keys(all).sort().join());\n');
  const said = execFileSync(process.execPath, [join(project, "server.mjs")], { encoding: "utf8" });
  expect(said === "undefined Problem,attach,define,parse,verify\n", "what there is without a document", said);
}

function checkTypes(project) {
  writeFileSync(join(project, "entry.ts"), ENTRY);
  react(project);
  const compilerOptions = { strict: true, target: "es2022", module: "nodenext", lib: ["es2022", "dom"], types: [], exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, jsx: "react-jsx" };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["entry.ts", "field.tsx"] }));
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--project", project, "--noEmit"], { stdio: "inherit" });
}

/** Everything that somebody collected, where it is here; else what shows that each part of the core is there. */
function corpus() {
  const own = ["ada@gmial.com", "ada@mailinator.com", "sales@gmail.com", "ädä@bücher.example", "a..b@example.com", "ada@xn--bcher-kva.example", ""];
  if (!process.env.CORPUS) return own;
  return [...own, ...readFileSync(process.env.CORPUS, "utf8").trim().split("\n").map((line) => JSON.parse(line).address)];
}

function ofProgram(texts) {
  const input = texts.map((email) => JSON.stringify({ email })).join("\n");
  const output = execFileSync(process.env.RCPT, ["verify", "--level", "syntax", "--format", "jsonl", "-"], { input, encoding: "utf8", maxBuffer: 1 << 26 });
  return output.trim().split("\n").map((line) => JSON.parse(line));
}

/** Field for field, but for what only asking can tell. */
function compare(where, found, expected) {
  expect(found.length === expected.length, `as many answers in ${where}`, found.length);
  for (const [n, one] of found.entries()) {
    const { accept_all: _, ...traits } = expected[n].traits;
    const whole = { ...expected[n], traits };
    for (const field of Object.keys(one)) {
      const [is, ought] = [JSON.stringify(one[field]), JSON.stringify(whole[field])];
      expect(is === ought, `${where} to say ${field} ${ought} of ${JSON.stringify(one.email)}`, is);
    }
  }
  expect(Object.keys(found[0]).length === 10, "ten fields", Object.keys(found[0]));
}

async function inNode(project, texts) {
  writeFileSync(join(project, "all.mjs"), ALL);
  const { parseAll } = await import(join(project, "all.mjs"));
  return parseAll(texts);
}

async function bundle(project) {
  const outfile = join(project, "bundled.mjs");
  await build({ absWorkingDir: project, entryPoints: ["all.mjs"], bundle: true, format: "esm", outfile, logLevel: "warning" });
  return outfile;
}

async function inBundle(project, texts) {
  const { parseAll } = await import(await bundle(project));
  return parseAll(texts);
}

/** Both the bundle and the edge's own script. */
async function inBrowser(browser, project, texts) {
  const { page, context } = await open(browser);
  const serve = (path, contentType, body) => page.route(`${example}${path}`, (route) => route.fulfill({ contentType, body }));
  await serve("/bundled", "text/html", "<!doctype html><title>Bundled</title>");
  await serve("/bundled.js", "text/javascript", readFileSync(await bundle(project), "utf8"));
  await page.goto(`${example}/bundled`);
  const [bundled, served] = await page.evaluate(
    async ([texts, script]) => {
      const { parseAll } = await import("/bundled.js");
      const { parse } = await import(script);
      return [await parseAll(texts), await Promise.all(texts.map(parse))];
    },
    [texts, `${edge}/rcpt.js`],
  );
  await context.close();
  expect(JSON.stringify(bundled) === JSON.stringify(served), "the bundle and the edge's script to agree");
  return bundled;
}
