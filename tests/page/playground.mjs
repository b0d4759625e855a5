// The playground: stages, evidence, explanation, command; in light, dark and at 360 px.

import { join } from "node:path";
import { edge, expect, open, root, shot, signs, stranger, type } from "./browser.mjs";

export default async function (browser) {
  const { page, context, faults } = await open(browser);
  await page.goto(edge);
  await page.locator("#lab button").first().waitFor();
  await shot(page, "playground-start");
  await type(page, "ghost@accepts.example");
  await page.locator("#verdict").waitFor();
  const found = await page.evaluate(() => Object.fromEntries(["status", "reason", "explanation", "evidence-list", "transcript-lines", "curl", "answer"].map((id) => [id, document.getElementById(id).textContent])));
  expect(found.status === "undeliverable" && found.reason === "mailbox_not_found", "the verdict", found);
  expect(found.explanation === "The mail server says that there is no such mailbox.", "its explanation", found);
  expect(/10 mx1\.accepts\.example/.test(found["evidence-list"]) && /550 5\.1\.1/.test(found["evidence-list"]), "what it rests on", found);
  expect(found.curl.includes(`${edge}/v1/verify`) && found.curl.includes('{"email":"ghost@accepts.example"}'), "the command", found.curl);
  expect(/^-- mx1\.accepts\.example/.test(found["transcript-lines"]) && /C: RCPT TO:/.test(found["transcript-lines"]), "what was said", found["transcript-lines"]);
  expect(/S: 550 5\.1\.1/.test(found["transcript-lines"]) && !/ghost/.test(found["transcript-lines"]), "addresses masked", found["transcript-lines"]);
  expect(JSON.parse(found.answer).reason === "mailbox_not_found", "the whole answer", found.answer);
  const times = await page.locator(".stages time").allTextContents();
  expect(times.every((time) => /^(< )?[\d.]+ ms$/.test(time)), "a time for each stage", times);
  const receipt = await page.locator("#receipt").isVisible();
  expect(receipt === (await signs()), "a receipt where the edge signs", receipt);
  if (receipt) expect((await page.locator("#receipt-claims").textContent()).includes('"mailbox_not_found"'), "the receipt decoded");
  await page.locator("#lab-some button", { hasText: "accept-all" }).click();
  await page.locator("#reason", { hasText: "accept_all" }).waitFor();
  await page.locator("#email").fill(stranger());
  await page.locator("#reason", { hasText: "greylisted" }).waitFor();
  expect((await page.locator("#facts").textContent()).includes("ask again in"), "when to ask again");
  expect(faults.length === 0, "no fault in the page", faults);
  await context.close();
  for (const [name, colorScheme, width] of [["light", "light", 1000], ["dark", "dark", 1000], ["narrow", "light", 360], ["narrow-dark", "dark", 360]]) await look(browser, name, colorScheme, width);
}

async function look(browser, name, colorScheme, width) {
  const { page, context } = await open(browser, { colorScheme, viewport: { width, height: 800 } });
  await page.goto(edge);
  await page.locator("#lab button").first().waitFor();
  await type(page, name === "dark" ? "ghost@accepts.example" : "ada@accepts.example");
  await page.locator("#verdict").waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide <= width, `nothing wider than ${width} px`, wide);
  await shot(page, `playground-${name}`);
  await page.evaluate(() => document.querySelectorAll("#evidence details").forEach((details) => (details.open = true)));
  const opened = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(opened <= width, `nothing wider than ${width} px with the transcript`, opened);
  await page.locator("#evidence").screenshot({ path: join(root, `target/page/shots/playground-transcript-${name}.png`) });
  await context.close();
}
