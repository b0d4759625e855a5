// The npm package, packed and installed into an empty project: its types, and `parse` in Node, in a bundle and in the browser, held to what `rcpt`
// says of the same texts. CORPUS is a file with a JSON object a line, RCPT the program.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
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
    checkTypes(project);
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

function checkTypes(project) {
  writeFileSync(join(project, "entry.ts"), ENTRY);
  const compilerOptions = { strict: true, target: "es2022", module: "nodenext", lib: ["es2022", "dom"], types: [], exactOptionalPropertyTypes: true };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["entry.ts"] }));
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
