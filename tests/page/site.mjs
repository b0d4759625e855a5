// A page with a site key, against an edge that answers nobody without one: asked with the key, a nonce each, and no more learnt than the form needs.

import { custom, enter, expect, form, message, open, says, sleep, type } from "./browser.mjs";

const KEY = process.env.SITE_KEY;
const VISIT = "b2c41f0a9d7e4c55";

export default async function (browser) {
  await withKey(browser);
  await withoutNonce(browser);
  await withoutKey(browser);
}

async function withKey(browser) {
  const { page, context, asked } = await open(browser);
  await form(page, { script: `data-site-key="${KEY}"`, input: `data-rcpt data-rcpt-nonce="${VISIT}"` });
  for (const [address, words] of [["ada@accepts.example", /can receive mail/], ["ghost@accepts.example", /has no such mailbox/]]) {
    await page.locator("#email").fill(address);
    await page.locator("#email").blur();
    await says(page, words);
    const receipt = await page.locator("[name=rcpt_receipt]").inputValue();
    expect(receipt.split(".").length === 3, `a receipt about ${address}`, receipt);
  }
  expect(asked.every(({ request }) => request.headers()["x-rcpt-site"] === KEY), "every question with the key");
  const nonces = asked.filter(({ email }) => !email.startsWith("postmaster@")).map(({ nonce }) => nonce);
  const ofVisit = new RegExp(`^${VISIT}-\\d+$`);
  expect(nonces.length === 2 && nonces.every((nonce) => ofVisit.test(nonce)), "a nonce of this visit for each mailbox", nonces);
  expect(new Set(asked.map(({ nonce }) => nonce)).size === asked.length, "no nonce twice");
  await context.close();
}

/** A field without a nonce of the back end's: with a key the page makes its own. */
async function withoutNonce(browser) {
  const { page, context, asked } = await open(browser);
  await form(page, { script: `data-site-key="${KEY}"` });
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  const receipt = await page.locator("[name=rcpt_receipt]").inputValue();
  expect(receipt.split(".").length === 3 && asked.every(({ nonce }) => nonce), "a receipt over a nonce of the page's own", receipt);
  await context.close();
}

/** A key is missing: nobody who fills in the form can help it. */
async function withoutKey(browser) {
  const { page, context, asked } = await open(browser);
  await form(page);
  await type(page, "ghost@accepts.example");
  await page.locator("#email").blur();
  for (let n = 0; n < 100 && !asked.length; n++) await sleep(50);
  await sleep(1000);
  expect((await message(page)) === "" && !(await custom(page)), "nothing said, nothing refused", await message(page));
  expect(asked.every(({ email }) => email.startsWith("postmaster@")), "nothing of the mailbox sent");
  await context.close();
}
