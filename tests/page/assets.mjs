// What pages of any origin load from an edge: types, headers and hashes; and what is not there.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { edge, example, expect, form, open, root, says, type } from "./browser.mjs";

const TYPES = { js: /^text\/javascript/, wasm: /^application\/wasm$/, txt: /^text\/plain/, json: /^application\/json/ };

export default async function (browser) {
  const script = await (await fetch(`${edge}/rcpt.js`)).text();
  await held("rcpt.js", /max-age=300$/);
  const parts = [...script.matchAll(/part:"(\w+)",type:"(\w+)",integrity:"(sha256-[^"]+)"/g)];
  expect(parts.length === 4, "four parts", parts.length);
  for (const [, part, type, integrity] of parts) {
    const octets = await held(`rcpt-${part}-${integrity.slice(7, 19).replace(/\W/g, "_")}.${type}`, /max-age=31536000, immutable/);
    expect(`sha256-${createHash("sha256").update(octets).digest("base64")}` === integrity, `${part} to be what its hash says`);
  }
  await missing();
  await pinned(browser, script);
  await map();
}

/** One asset as another origin gets it. */
async function held(name, kept) {
  const answer = await fetch(`${edge}/${name}`, { headers: { origin: "https://shop.example" } });
  const said = Object.fromEntries(answer.headers);
  expect(answer.status === 200, `${name} to be there`, answer.status);
  expect(TYPES[name.split(".").pop()].test(said["content-type"]), `the type of ${name}`, said["content-type"]);
  expect(said["access-control-allow-origin"] === "*" && said["cross-origin-resource-policy"] === "cross-origin", `${name} for any origin`, said);
  expect(said["x-content-type-options"] === "nosniff" && kept.test(said["cache-control"]), `how long ${name} is kept`, said);
  return Buffer.from(await answer.arrayBuffer());
}

async function missing() {
  for (const name of ["rcpt-ascii-000000000000.wasm", "nowhere.js", "_headers"]) {
    const answer = await fetch(`${edge}/${name}`);
    expect(answer.status === 404, `no ${name}`, answer.status);
    expect(!/immutable/.test(answer.headers.get("cache-control") ?? ""), `that there is no ${name} not to be kept`, answer.headers.get("cache-control"));
  }
}

/** With the hash that the build prints the script runs; with another it does not, and the form is a plain one. */
async function pinned(browser, script) {
  const printed = /integrity="([^"]+)"/.exec(readFileSync(join(root, "target/page/weights"), "utf8"))[1];
  for (const [integrity, runs] of [[printed, true], [`sha384-${createHash("sha384").update(`${script} `).digest("base64")}`, false]]) {
    const { page, context } = await open(browser);
    await form(page, { script: `integrity="${integrity}"` });
    await type(page, "ada");
    await page.locator("#email").blur();
    if (runs) await says(page, /has an @/);
    else {
      await page.locator("#email").fill("ada@accepts.example");
      await page.locator("#send").click();
      await page.waitForURL(`${example}/sign-up`);
    }
    await context.close();
  }
}

/** Where the parts of the script come from, and nothing of where they were built. */
async function map() {
  const { sources, sourcesContent } = await (await fetch(`${edge}/rcpt.js.map`)).json();
  expect(sources.some((source) => source.endsWith("widget/field.ts")) && sourcesContent.length === sources.length, "a map with its sources", sources);
  expect(!sources.some((source) => source.startsWith("/")), "no place of a machine's", sources);
}
