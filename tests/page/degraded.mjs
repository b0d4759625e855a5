// What fails around the form never keeps it from being sent.

import { custom, edge, example, expect, form, message, open, says, shot, sleep, stranger, strict, type } from "./browser.mjs";

export default async function (browser) {
  await edgeNeverThere(browser);
  await edgeSlow(browser);
  await wasmRefused(browser);
  await scriptsOff(browser);
  await edgeStops(browser);
}

async function sends(page, address, name) {
  await shot(page, name);
  await page.locator("#send").click();
  await page.waitForURL(`${example}/sign-up`);
  const said = await page.locator("#said").textContent();
  expect(said.startsWith("Unchecked"), `${address} to be sent without a receipt`, said);
}

/** Not even the script comes. */
async function edgeNeverThere(browser) {
  const { page, context } = await open(browser);
  await page.route(`${edge}/**`, (route) => route.abort("connectionrefused"));
  await form(page);
  await type(page, "ada@accepts.example");
  await sends(page, "ada@accepts.example", "edge-never-there");
  await context.close();
}

/** The page is there, somebody has begun to type, and the edge goes away: the local check goes on. */
async function edgeStops(browser) {
  const { page, context, faults } = await open(browser);
  await form(page);
  await type(page, "ada");
  await page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name, responseEnd }) => name.includes("rcpt-ascii") && responseEnd));
  await stopEdge();
  const answers = await fetch(`${edge}/healthz`).then(() => true, () => false);
  expect(!answers, "nobody to answer any more");
  await type(page, "@accepts");
  await page.locator("#email").blur();
  await says(page, /has a dot/);
  expect(await custom(page), "a fault of the text to be refused all the same");
  await type(page, ".example");
  await page.locator("#email").blur();
  await page.waitForFunction(() => !document.querySelector(".rcpt").dataset.tone);
  await sleep(500);
  expect((await message(page)) === "" && !(await custom(page)), "nothing said, nothing refused", await message(page));
  await page.locator("#email").fill("ada@gmial.com");
  await says(page, /Did you mean/);
  await page.locator(".rcpt-use").click();
  expect((await page.inputValue("#email")) === "ada@gmail.com", "a suggestion all the same", await page.inputValue("#email"));
  await sleep(500);
  expect(faults.length === 0, "no fault in the page", faults);
  await sends(page, "ada@gmail.com", "edge-stopped");
  await context.close();
}

/** Has the suite stop the edge, and waits until that is done. */
async function stopEdge() {
  console.log("stop the edge");
  await new Promise((done) => process.stdin.once("data", done));
  process.stdin.pause();
}

/** Who does not wait is not held up; who waits is told that something is going on. */
async function edgeSlow(browser) {
  const { page, context } = await open(browser);
  const slow = async (route) => {
    await sleep(5000);
    await route.continue().catch(() => {});
  };
  await page.route(`${edge}/v1/**`, slow);
  await form(page);
  await type(page, "ada@accepts.example");
  await page.locator("#email").blur();
  await says(page, /Checking/);
  await sends(page, "ada@accepts.example", "edge-slow");
  await context.close();
}

/** Without `wasm-unsafe-eval` only what is plain is refused; the edge is asked all the same. */
async function wasmRefused(browser) {
  const { page, context, faults } = await open(browser);
  await form(page, { csp: strict("") });
  await type(page, "ada");
  await page.locator("#email").blur();
  await says(page, /has an @/);
  expect(await custom(page), "a text without @ to be refused");
  await page.locator("#email").fill("ghost@accepts.example");
  await page.locator("#email").blur();
  await says(page, /has no such mailbox/);
  await page.locator("#email").fill("a..da@accepts.example");
  await page.locator("#email").blur();
  await says(page, /not an e-mail address/);
  const address = stranger();
  await page.locator("#email").fill(address);
  await page.locator("#email").blur();
  await says(page, /could not check/);
  expect(faults.length === 0, "no fault in the page", faults);
  await sends(page, address, "wasm-refused");
  await context.close();
}

async function scriptsOff(browser) {
  const { page, context } = await open(browser, { javaScriptEnabled: false });
  await page.goto(example);
  await page.locator("#email").fill("ada@accepts.example");
  await shot(page, "scripts-off");
  await page.locator("button", { hasText: "Sign up" }).click();
  await page.waitForURL(`${example}/sign-up`);
  await context.close();
}
