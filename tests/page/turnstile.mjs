// A site that wants a Turnstile token for each question, with a stand-in for Cloudflare's script here and for its siteverify behind the edge: each token
// passes once.

import { cases, custom, edge, expect, form, enter, message, receiptOf, says, sleep } from "./browser.mjs";

const site = `data-site-key="${process.env.SITE_KEY}"`;

export default (browser) => cases(browser, [byAttribute, byFunction, withoutToken, withSpentToken]);

/** Cloudflare's script: a widget gives a token a moment after it was put into the page. */
function standIn(page, make = "`token-${crypto.randomUUID()}`") {
  return page.addInitScript(`
    window.widgets = [];
    window.turnstile = {
      render(into, { sitekey, callback, appearance }) {
        widgets.push({ sitekey, appearance, connected: into.isConnected, removed: false });
        setTimeout(() => callback(${make}), 50);
        return String(widgets.length - 1);
      },
      remove(id) { widgets[id].removed = true; },
    };`);
}

async function passes(page) {
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  expect((await page.locator("[name=rcpt_receipt]").inputValue()).split(".").length === 3, "a receipt");
}

async function byAttribute(page, { asked }) {
  await standIn(page);
  await form(page, { script: `${site} data-turnstile="0x4AAA"` });
  await passes(page);
  await enter(page, "ghost@accepts.example");
  await says(page, /no such mailbox/);
  const widgets = await page.evaluate(() => window.widgets);
  expect(widgets.length === 3 && widgets.every(({ sitekey, connected, removed }) => sitekey === "0x4AAA" && connected && removed), "a widget for each question, and none left", widgets);
  const tokens = asked.map(({ request }) => request.headers()["x-rcpt-turnstile"]);
  expect(new Set(tokens).size === 3, "a token each", tokens);
  expect((await page.locator("form").evaluate(({ children }) => [...children].map(({ localName }) => localName).join())) === "label,input,div,input,button", "nothing left in the form");
}

async function byFunction(page) {
  await form(page, { script: site, input: "data-x" });
  await page.evaluate(async (script) => {
    const { attach } = await import(script);
    attach(document.querySelector("#email"), { turnstile: async () => `token-${crypto.randomUUID()}` });
  }, `${edge}/rcpt.js`);
  await passes(page);
}

/** The edge asks for a token that the page has not: nobody who fills in the form can help it. */
async function withoutToken(page, { asked }) {
  await form(page, { script: site });
  await enter(page, "ghost@accepts.example");
  for (let n = 0; n < 100 && !asked.length; n++) await sleep(50);
  await sleep(500);
  expect((await message(page)) === "" && !(await custom(page)) && (await receiptOf(page)) === "", "nothing said, nothing refused", await message(page));
  expect(asked.every(({ email }) => email.startsWith("postmaster@")), "nothing of the mailbox sent");
}

async function withSpentToken(page, { asked }) {
  await standIn(page, '"token-of-yesterday"');
  await form(page, { script: `${site} data-turnstile="0x4AAA"` });
  await enter(page, "ghost@accepts.example");
  for (let n = 0; n < 100 && asked.length < 2; n++) await sleep(50);
  await sleep(500);
  expect((await message(page)) === "" && !(await custom(page)), "nothing said, nothing refused", await message(page));
}
