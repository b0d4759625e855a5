// What each kind of verdict does to the field: message, validity, receipt; and what the back end says then.

import { custom, enter, example, expect, form, open, says, sent, shot, signs, stranger, tone, type } from "./browser.mjs";

const ROWS = [
  ["ada@accepts.example", /can receive mail/, "good", false],
  ["ghost@accepts.example", /has no such mailbox/, "block", true],
  [stranger(), /could not check the mailbox yet/, "note", false],
  ["anyone@accept-all.example", /accepts every name/, "note", false],
  ["ada@blocks-at-connect.example", /could not check the mailbox\./, "note", false],
  ["ada@disabled.example", /switched off/, "warn", false],
  ["ada@nowhere.example", /There is no domain/, "block", true],
  ["ada@null-mx.example", /does not accept mail/, "block", true],
];

export default async function (browser) {
  const signed = await signs();
  for (const [address, words, mood, refused] of ROWS) {
    const { page, context, faults } = await open(browser);
    await page.goto(example);
    await type(page, address);
    await page.locator("#email").blur();
    await says(page, words);
    expect((await tone(page)) === mood, `${address} to be ${mood}`, await tone(page));
    expect((await custom(page)) === refused, `${address} to be ${refused ? "refused" : "let through"}`);
    const receipt = await page.locator("[name=rcpt_receipt]").inputValue();
    const ofDomain = /nowhere|null-mx/.test(address);
    expect(Boolean(receipt) === (signed && !ofDomain), `${address} ${signed && !ofDomain ? "with" : "without"} a receipt`, receipt);
    const [sign, say] = await Promise.all([".rcpt-sign", ".rcpt-say"].map((part) => page.locator(part).boundingBox()));
    expect(Math.abs(sign.y - say.y) < 6, "the sign beside its words, however long they are", { sign, say });
    await shot(page, `form-${address.replace(/^postmaster@/i, "ada@").replace(/[@.]/g, "-")}`);
    await page.locator("button", { hasText: "Sign up" }).click();
    if (refused) expect(page.url() === `${example}/`, "the form to be held back", page.url());
    else await page.waitForURL(`${example}/sign-up`);
    const said = refused ? "" : await page.locator("#said").textContent();
    // The page lets it go with a warning; the back end has its own mind.
    const ours = mood === "warn" ? "Refused" : "Checked";
    if (!refused) expect(said.startsWith(signed ? ours : "Unchecked"), "the back end's word", said);
    expect(faults.length === 0, "no fault in the page", faults);
    await context.close();
  }
  await withoutNonce(browser);
  if (signed) await edited(browser);
  else console.log("left out: receipts in a form (this edge signs none)");
  await policies(browser);
}

/** A field without a nonce, and a page without a site's key: nothing asks for a receipt. */
async function withoutNonce(browser) {
  const { page, context, asked } = await open(browser);
  await form(page);
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  expect(!(await sent(page)).rcpt_receipt && asked.every(({ nonce }) => !nonce), "no receipt", await sent(page));
  await context.close();
}

/** A true receipt in which a letter is changed, and one that is sent with another address. */
async function edited(browser) {
  for (const edit of [
    (fields) => ({ ...fields, rcpt_receipt: fields.rcpt_receipt.replace(/\.(.)/, (_, c) => `.${c === "e" ? "f" : "e"}`) }),
    (fields) => ({ ...fields, email: "eve@accepts.example" }),
  ]) {
    const { page, context } = await open(browser);
    await page.goto(example);
    await type(page, "ada@accepts.example");
    await page.locator("#email").blur();
    await says(page, /can receive mail/);
    const answer = await page.request.post(`${example}/sign-up`, { form: edit(await sent(page)) });
    expect(answer.status() === 403, "a receipt that is not believed", await answer.text());
    await context.close();
  }
}

/** What a site asks for is done, but what is unknown never blocks. */
async function policies(browser) {
  const policy = 'data-rcpt data-rcpt-policy="accept_all=block greylisted=block mailbox_not_found=allow disposable=block"';
  for (const [address, words, refused] of [
    ["anyone@accept-all.example", /accepts every name/, true],
    [stranger(), /could not check the mailbox yet/, false],
    ["ghost@accepts.example", /has no such mailbox/, false],
    ["ada@mailinator.com", /throw-away/, true],
  ]) {
    const { page, context } = await open(browser);
    await form(page, { input: policy });
    await page.locator("#email").focus();
    await page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name, responseEnd }) => name.includes("rcpt-lists") && responseEnd));
    await type(page, address);
    await page.locator("#email").blur();
    await says(page, words);
    expect((await custom(page)) === refused, `${address} to be ${refused ? "refused" : "let through"} by this policy`);
    await context.close();
  }
}
