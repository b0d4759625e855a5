// axe-core's rules on playground and form, in light and dark; and both by keyboard alone.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { edge, example, expect, form, open, root, says, shot } from "./browser.mjs";

const axe = readFileSync(join(root, "node_modules/axe-core/axe.min.js"), "utf8");

export default async function (browser) {
  for (const colorScheme of ["light", "dark"]) {
    await formWith(browser, colorScheme);
    await playgroundWith(browser, colorScheme);
  }
  await formByKeyboard(browser);
  await playgroundByKeyboard(browser);
}

/** The page's policy keeps foreign scripts out; this one comes in by the debugger. */
async function holds(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
  expect(told.length === 0, `no violation on ${what}`, told);
}

async function formWith(browser, colorScheme) {
  const { page, context } = await open(browser, { colorScheme });
  await page.goto(example);
  await holds(page, `the form in ${colorScheme}`);
  for (const [address, words] of [
    ["ghost@accepts.example", /has no such mailbox/],
    ["ada@disabled.example", /switched off/],
    ["ada@accepts.example", /can receive mail/],
    ["ada@gmial.com", /Did you mean/],
  ]) {
    await page.locator("#email").fill(address);
    if (!address.includes("gmial")) await page.locator("#email").blur();
    await says(page, words);
    await holds(page, `the form in ${colorScheme} at ${address}`);
  }
  await context.close();
}

async function playgroundWith(browser, colorScheme) {
  const { page, context } = await open(browser, { colorScheme });
  await page.goto(edge);
  await page.locator("#lab button").first().waitFor();
  await holds(page, `the playground in ${colorScheme}`);
  for (const address of ["ada@accepts.example", "ghost@accepts.example", "ada@greylists.example"]) {
    await page.locator("#lab-some button", { hasText: address }).click();
    await page.locator("#verdict").waitFor();
    await page.waitForFunction((address) => document.querySelector("#curl").textContent.includes(address), address);
    await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
    await page.waitForTimeout(300);
    await holds(page, `the playground in ${colorScheme} at ${address}`);
  }
  await context.close();
}

async function formByKeyboard(browser) {
  const { page, context } = await open(browser);
  await form(page);
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement.id === "email"), "the field first");
  await page.keyboard.type("ada@gmial.com", { delay: 15 });
  await page.locator(".rcpt-use").waitFor();
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement.className === "rcpt-use"), "the suggestion next");
  await page.keyboard.press("Enter");
  expect((await page.inputValue("#email")) === "ada@gmail.com", "the suggestion taken", await page.inputValue("#email"));
  expect(await page.evaluate(() => document.activeElement.id === "email"), "the focus back in the field");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("ada@nowhere.example", { delay: 15 });
  await page.keyboard.press("Tab");
  await says(page, /There is no domain/);
  const described = await page.locator("#email").evaluate((input) => document.getElementById(input.getAttribute("aria-describedby")).textContent);
  expect(described.includes("There is no domain"), "the field described by its message", described);
  expect((await page.locator("#email").getAttribute("aria-invalid")) === "true", "the field marked invalid");
  expect(await page.evaluate(() => document.activeElement.id === "send"), "no button that cannot be seen on the way");
  await context.close();
}

async function playgroundByKeyboard(browser) {
  const { page, context } = await open(browser);
  await page.goto(edge);
  await page.locator("#lab button").first().waitFor();
  expect(await page.evaluate(() => document.activeElement.id === "email"), "the field has the focus");
  await page.keyboard.type("ghost@accepts.example");
  await page.keyboard.press("Enter");
  await page.locator("#verdict").waitFor();
  const stops = [];
  for (let n = 0; n < 40; n++) {
    await page.keyboard.press("Tab");
    stops.push(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim()));
    if (stops.at(-1) === "copy") break;
  }
  expect(stops.includes("Ask") && stops.includes("How it is asked") && stops.at(-1) === "copy", "every control to be reached", stops);
  await shot(page, "playground-keyboard");
  await context.close();
}

