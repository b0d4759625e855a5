// What the browser scenarios share: Chromium, pages of the example's origin, and what passes over the wire.

import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const { EDGE: edge, EXAMPLE: example, CHROMIUM: executablePath } = process.env;
const shots = join(root, "target/page/shots");

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Runs `act` with a browser, which is closed whatever comes of it. */
export async function withBrowser(act) {
  // Pages that are made up here have no address, and so would not be let to a local one.
  const args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-features=LocalNetworkAccessChecks"];
  const browser = await chromium.launch({ executablePath, args });
  try {
    await act(browser);
  } finally {
    await browser.close();
  }
}

/** A page in a context of its own, with what it said and asked. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 800, height: 700 }, locale: "en-US", ...options });
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().includes("/v1/")) asked.push({ ...request.postDataJSON(), request });
  });
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  return { page, context, asked, faults };
}

/** The policy of a careful page. */
export const strict = (scripts = "'wasm-unsafe-eval'") =>
  `default-src 'none'; script-src ${edge} ${scripts}; connect-src ${edge} http://127.0.0.1:9; style-src 'self'; form-action 'self'; base-uri 'none'`;

/** Shows a form of the example's origin, with these attributes at the input and at the script. */
export async function form(page, { input = "data-rcpt", script = "", html = `lang="en"`, csp = strict(), body } = {}) {
  const url = `${example}/tested`;
  const field = body ?? `<label for="email">E-mail</label> <input type="email" id="email" name="email" required ${input}>`;
  const text = `<!doctype html><html ${html}><meta charset="utf-8"><title>Tested</title><link rel="stylesheet" href="/style.css">
<script type="module" src="${edge}/rcpt.js" ${script}></script>
<main><h1>Tested</h1><form method="post" action="/sign-up">${field} <button id="send">Send</button></form></main></html>`;
  await page.route(url, (route) => route.fulfill({ contentType: "text/html; charset=utf-8", headers: { "content-security-policy": csp }, body: text }));
  await page.goto(url);
}

/** A mailbox that its host has not been asked about, and so puts off: of one that it knows, in a spelling that it has not seen. */
export const stranger = () => {
  const either = (c) => (Math.random() < 0.5 ? c : c.toUpperCase());
  return `${[..."postmaster"].map(either).join("")}@greylists.example`;
};

/** Types as people do. */
export async function type(page, text) {
  await page.locator("#email").pressSequentially(text, { delay: 15 });
}

export const message = (page) => page.locator(".rcpt-say").first().textContent();
export const tone = (page) => page.locator(".rcpt").first().getAttribute("data-tone");
export const fault = (page) => page.locator("#email").evaluate((input) => input.validationMessage);
export const custom = (page) => page.locator("#email").evaluate((input) => input.validity.customError);

/** Waits until the message says what is expected. */
export async function says(page, expected, timeout = 30_000) {
  try {
    await page.waitForFunction((source) => new RegExp(source).test(document.querySelector(".rcpt-say")?.textContent ?? ""), expected.source, { timeout });
  } catch {
    throw new Error(`expected ${expected}, found “${await message(page).catch(() => "no message")}”`);
  }
}

export function expect(is, what, found) {
  if (!is) throw new Error(`expected ${what}${found === undefined ? "" : `, found ${JSON.stringify(found)}`}`);
}

export async function shot(page, name) {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

/** Whether the edge signs receipts. */
export async function signs() {
  const answer = await fetch(`${edge}/.well-known/jwks.json`);
  return answer.ok && (await answer.json()).keys.length > 0;
}

/** Plays cases, each with a page of its own, and tells of all that fail. */
export async function cases(browser, all, options) {
  const wrong = [];
  for (const act of all) {
    const { page, context, faults, asked } = await open(browser, options);
    try {
      page.setDefaultTimeout(10_000);
      await Promise.race([act(page, { asked, browser }), sleep(60_000).then(() => expect(false, "an end within a minute"))]);
      expect(faults.length === 0, "no fault in the page", faults);
    } catch (error) {
      wrong.push(`${act.name}: ${error.message.split("\n")[0]}`);
    } finally {
      await context.close();
    }
  }
  if (wrong.length) throw new Error(`of ${all.length} cases, wrong:\n${wrong.join("\n")}`);
}

const OPEN = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };

/** Answers questions in the edge's place: `answer` gives an object, a text as it is, or what `route.fulfill` takes; at once or later. */
export async function play(page, answer) {
  await page.route(`${edge}/v1/verify`, async (route) => {
    const said = await answer(route.request().postDataJSON());
    const whole = said?.status > 99 ? said : { body: typeof said === "string" ? said : JSON.stringify(said) };
    // Who asked may be gone.
    await route.fulfill({ contentType: "application/json", ...whole, headers: OPEN }).catch(() => {});
  });
}

const STATUS = { mailbox_accepted: "deliverable", accept_all: "risky", mailbox_full: "risky" };

/** A verdict as a page with a site key learns it, with a receipt that is good for ten minutes unless `life` says otherwise. */
export function verdict(email, reason, { life = 600, ...other } = {}) {
  const iat = Math.floor(Date.now() / 1000);
  const part = (claims) => Buffer.from(JSON.stringify(claims)).toString("base64url");
  const receipt = [part({ alg: "EdDSA" }), part({ iat, exp: iat + life, about: email }), "signature"].join(".");
  const unknown = /^(domain|mailbox|syntax)_/.test(reason) ? "undeliverable" : "unknown";
  return { status: STATUS[reason] ?? unknown, reason, explanation: "So it is.", suggestion: null, receipt, request_id: "1", ...other };
}

/** An edge to which every domain is good, and every mailbox what `reason` says of it. */
export const friendly = (reason = () => "mailbox_accepted") => ({ email, level }) => verdict(email, level === "dns" ? "not_probed" : reason(email));

/** What the form would send. */
export const sent = (page) => page.evaluate(() => Object.fromEntries(new FormData(document.querySelector("form"))));

/** Whom the receipt is about that the form would send; nothing where it sends none. */
export async function receiptOf(page, name = "rcpt_receipt") {
  const receipt = (await sent(page))[name];
  return receipt ? JSON.parse(Buffer.from(receipt.split(".")[1], "base64url")).about : "";
}

/** Enters an address as people do who are done with it. */
export async function enter(page, address) {
  await page.locator("#email").fill(address);
  await page.locator("#email").blur();
}
