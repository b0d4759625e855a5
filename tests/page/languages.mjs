// Languages, a site's own words, pages that read from right to left, and the element.

import { expect, form, message, open, says, shot, tone, type } from "./browser.mjs";

const WORDS = {
  "de-AT": /Vor dem @ fehlt etwas/,
  en: /missing before the @/,
  es: /Falta algo antes/,
  fr: /Il manque quelque chose avant/,
  "zh-Hans": /前面缺少内容/,
  ja: /前が足りません/,
  "pt-BR": /missing before the @/,
};

export default async function (browser) {
  for (const [language, words] of Object.entries(WORDS)) {
    const { page, context } = await open(browser);
    await form(page, { html: `lang="${language}"` });
    await page.waitForLoadState("networkidle");
    await type(page, "@accepts.example");
    await page.locator("#email").blur();
    await says(page, words);
    await context.close();
  }
  await ownWords(browser);
  await rightToLeft(browser);
  await element(browser);
  await insideALabel(browser);
}

async function ownWords(browser) {
  const { page, context } = await open(browser);
  await form(page, { input: `data-rcpt data-rcpt-texts='{"no_name":"Who are you?"}'` });
  await type(page, "@accepts.example");
  await page.locator("#email").blur();
  await says(page, /^Who are you\?$/);
  await context.close();
}

async function rightToLeft(browser) {
  const { page, context } = await open(browser);
  await form(page, { html: 'lang="ar" dir="rtl"' });
  await type(page, "ghost@accepts.example");
  await page.locator("#email").blur();
  await says(page, /has no such mailbox/);
  const [sign, say] = await Promise.all([".rcpt-sign", ".rcpt-say"].map((part) => page.locator(part).boundingBox()));
  expect(sign.x > say.x, "the sign at the right of its words", { sign, say });
  expect((await message(page)).includes("\u2068accepts.example\u2069"), "the domain isolated", await message(page));
  await shot(page, "right-to-left");
  await context.close();
}

/** An element that makes its own input, put into the page later and taken out again. */
async function element(browser) {
  const { page, context } = await open(browser);
  await form(page, { body: '<label for="given">E-mail</label> <rcpt-email policy="mailbox_not_found=warn"><input type="email" id="email" name="email"></rcpt-email>' });
  await type(page, "ghost@accepts.example");
  await page.locator("#email").blur();
  await says(page, /has no such mailbox/);
  expect((await tone(page)) === "warn", "the element's policy", await tone(page));
  const left = await page.evaluate(async () => {
    const made = Object.assign(document.createElement("rcpt-email"), { id: "made" });
    made.setAttribute("name", "other");
    document.querySelector("form").append(made);
    await new Promise((done) => setTimeout(done));
    const has = [made.querySelector("input[type=email][name=other]"), made.querySelector(".rcpt")].every(Boolean);
    made.remove();
    return { has, rest: made.querySelectorAll(".rcpt, [name=rcpt_receipt]").length };
  });
  expect(left.has && left.rest === 0, "an input of its own, and nothing left behind", left);
  await context.close();
}

/** The message does not become part of the field's name. */
async function insideALabel(browser) {
  const { page, context } = await open(browser);
  await form(page, { body: '<label>E-mail <input type="email" id="email" name="email" data-rcpt></label>' });
  await type(page, "ada@gmial.com");
  await page.locator(".rcpt-use").waitFor();
  expect((await page.getByRole("textbox", { name: "E-mail", exact: true }).count()) === 1, "the field's name to be its own");
  await context.close();
}
