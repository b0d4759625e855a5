// What leaves the page, and when.

import { expect, form, open, says, sleep, type } from "./browser.mjs";

export default async function (browser) {
  await domainFirst(browser);
  await nothingForFaults(browser);
  await nothingForDeadDomains(browser);
  await oneQuestionAndOldOnesCancelled(browser);
}

/** No part of the local part leaves before the domain has passed, and then one progressive question. */
async function domainFirst(browser) {
  const { page, context, asked } = await open(browser);
  await form(page);
  await type(page, "ada.secret@accepts.example");
  await page.locator("#email").blur();
  await says(page, /./);
  await sleep(300);
  await page.locator("#email").focus();
  await page.locator("#email").blur();
  await sleep(300);
  const [first, second, ...more] = asked;
  expect(first?.email === "postmaster@accepts.example" && first.level === "dns", "the domain first", first);
  expect(!JSON.stringify(first.request.headers()).includes("secret"), "no header about the mailbox");
  expect(second?.email === "ada.secret@accepts.example", "the mailbox then", second);
  expect(second.request.headers().accept.startsWith("text/event-stream"), "progress asked for");
  expect(more.length === 0, "one question for a settled address", more.length);
  const answered = first.request.timing().startTime + first.request.timing().responseStart;
  expect(second.request.timing().startTime >= answered, "the mailbox after the domain's answer");
  await context.close();
}

async function nothingForFaults(browser) {
  for (const text of ["ada", "ada@", "@accepts.example", "a..da@accepts.example", "ada lovelace@accepts.example", "ada@accepts"]) {
    const { page, context, asked } = await open(browser);
    await form(page);
    await type(page, text);
    const early = await page.locator(".rcpt-say").textContent();
    expect(early === "", `no scolding while “${text}” is typed`, early);
    await page.locator("#email").blur();
    await says(page, /./);
    await sleep(1800);
    expect(asked.length === 0, `nothing sent for “${text}”`, asked);
    await context.close();
  }
}

async function nothingForDeadDomains(browser) {
  const { page, context, asked } = await open(browser);
  await form(page);
  await type(page, "ada.secret@nowhere.example");
  await page.locator("#email").blur();
  await says(page, /There is no domain/);
  await sleep(300);
  expect(asked.length === 1 && !JSON.stringify(asked.map(({ email }) => email)).includes("secret"), "the domain alone", asked.length);
  await context.close();
}

/** Who types on is not answered about what they typed before. */
async function oneQuestionAndOldOnesCancelled(browser) {
  const { page, context, asked } = await open(browser);
  const cancelled = [];
  page.on("requestfailed", (request) => cancelled.push(`${request.postDataJSON()?.email} ${request.failure()?.errorText}`));
  await form(page);
  await type(page, "ada@slow-banner.example");
  await page.locator("#email").blur();
  await page.waitForRequest((request) => request.postDataJSON()?.email === "ada@slow-banner.example", { timeout: 30_000 }).catch(() => {});
  const isAsked = () => asked.some(({ email }) => email === "ada@slow-banner.example");
  for (let n = 0; n < 200 && !isAsked(); n++) await sleep(50);
  expect(isAsked(), "the slow mailbox to be asked about");
  await page.locator("#email").fill("ada@accepts.example");
  await page.locator("#email").blur();
  await says(page, /can receive mail/);
  expect(cancelled.some((one) => one.startsWith("ada@slow-banner.example") && one.includes("ABORTED")), "the old question cancelled", cancelled);
  const mailboxes = asked.map(({ email }) => email).filter((email) => !email.startsWith("postmaster@"));
  expect(mailboxes.join() === "ada@slow-banner.example,ada@accepts.example", "one question each", mailboxes);
  await context.close();
}
