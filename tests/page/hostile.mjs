// An edge, a policy and texts that are broken or hostile: nothing of it blocks a form, gets into the page as anything but text, or is a fault in the page.

import { createServer } from "node:http";
import { cases, custom, edge, enter, expect, form, friendly, message, play, says, sent, sleep, strict, type } from "./browser.mjs";

export default (browser) => cases(browser, [
  answersOfAnyShape, problemsOfAnyShape, answersWithoutEnd, scriptsInAnswers, policiesOfAnyText, textsOfAnyShape, trustedTypes, tokensThatNeverCome,
  partsThatNeverCome, refusedOverAndOver, nothingInTheOpen, elementsInParts,
]);

const good = { status: "deliverable", reason: "mailbox_accepted", explanation: "", request_id: "1" };

const ANSWERS = [
  "", "<!doctype html><title>Sign in</title><script>window.caught = 1</script>", "null", "1", '"text"', "[]", "{}", '{"reason":1}', '{"reason":null,"status":{}}',
  ...["__proto__", "constructor", "toString", "valueOf", "mailbox", "block", "", "mailbox_invented", "checking"].map((reason) => ({ ...good, reason })),
  '{"reason":"not_probed","status":"unknown","__proto__":{"caught":1},"constructor":{"prototype":{"caught":1}}}',
  ...[{}, [], 1, "x".repeat(100_000), "a@b@c", "@"].map((suggestion) => ({ ...good, suggestion })),
  ...[{}, [], 1, true, "a.b.c", "...", `${"x".repeat(50_000)}.e30.x`].map((receipt) => ({ ...good, receipt })),
  ...[1, "role", [], { role: {}, disposable: "yes" }].map((traits) => ({ ...good, traits })),
  { ...good, explanation: "x".repeat(3_000_000) },
];

/** Whatever comes: the form can be sent, and what is sent besides the address is nothing. */
async function answersOfAnyShape(page) {
  let answer;
  await play(page, ({ level }) => (level === "dns" && answer.reason !== "dns" && answer.domain !== true ? { ...good, status: "unknown", reason: "not_probed" } : answer.said ?? answer));
  await form(page, { input: 'data-rcpt data-rcpt-nonce="b2c41f0a9d7e4c55" data-rcpt-policy="mailbox_accepted=allow"' });
  for (const [n, said] of ANSWERS.entries()) {
    for (const domain of [false, true]) {
      answer = { said, domain };
      await enter(page, `ada@d${n}${domain ? "a" : "b"}.example`);
      await page.waitForFunction(() => document.querySelector(".rcpt-say").textContent !== "Checking…");
      await sleep(40);
      const told = JSON.stringify(said).slice(0, 80);
      expect(!(await custom(page)), `${told} to block nothing`, await message(page));
      expect((await sent(page)).rcpt_receipt === "", `nothing of ${told} to be sent`, await sent(page));
    }
  }
  expect(await page.evaluate(() => window.caught === undefined && {}.caught === undefined), "no prototype touched");
}

async function problemsOfAnyShape(page) {
  let body;
  await play(page, () => ({ status: 503, body }));
  await form(page);
  for (const [n, text] of ["", "null", "[]", "<html>", '{"code":{},"detail":[]}'].entries()) {
    body = text;
    await enter(page, `ada@d${n}.example`);
    await sleep(150);
    expect(!(await custom(page)) && (await message(page)) === "", `${text} to say and block nothing`, await message(page));
  }
  const told = await page.evaluate((script) => import(script).then(({ verify }) => verify("ada@d.example").catch((error) => [error.name, error.status, error.code].join())), `${edge}/rcpt.js`);
  expect(told === "Problem,503,[object Object]", "a problem", told);
  const late = await page.evaluate(async (script) => {
    const { verify, Problem } = await import(script);
    const wrong = [];
    for (const edge of ["nowhere", "javascript:alert(1)", "//"]) await verify("ada@d.example", { edge }).catch((error) => wrong.push(error.name));
    return [wrong.length, typeof Problem].join();
  }, `${edge}/rcpt.js`);
  expect(late === "3,function", "an address that is none to be refused", late);
}

/** Answers that never end are hung up on, soon enough for the page. */
async function answersWithoutEnd(page) {
  const filler = "x".repeat(65_536);
  let [poured, closed] = [0, 0];
  const server = createServer((request, response) => {
    response.writeHead(200, { "access-control-allow-origin": "*", "access-control-allow-headers": "*", "content-type": request.url.includes("json") ? "application/json" : "text/event-stream" });
    if (request.method === "OPTIONS") return response.end();
    const pour = () => {
      while (!response.destroyed && response.write(filler)) poured += filler.length;
      poured += filler.length;
    };
    response.on("drain", pour).on("close", () => closed++);
    pour();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}`;
  try {
    await form(page, { script: `data-edge="${url}"`, csp: `${strict()}; connect-src ${edge} ${url}`.replace(/connect-src [^;]*;/, "") });
    await enter(page, "ada@accepts.example");
    for (let n = 0; n < 100 && !closed; n++) await sleep(50);
    expect(closed === 1, "an endless answer to be hung up on", { poured, closed });
    expect(poured < 40_000_000, "soon", poured);
    expect(!(await custom(page)) && (await message(page)) === "", "nothing said, nothing refused", await message(page));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** What an edge says is text, and of a suggestion only its domain is taken. */
async function scriptsInAnswers(page) {
  const evil = '"><img src=x onerror="window.caught=1"><script>window.caught=1</script>';
  await play(page, ({ level }) => ({ ...good, status: "unknown", reason: level === "dns" ? "not_probed" : "timed_out", explanation: evil, suggestion: `eve@${evil}` }));
  await form(page, { input: `data-rcpt data-rcpt-texts='{"unknown":"<img src=x onerror=window.caught=1>{}"}'`, csp: `script-src * 'unsafe-inline' 'wasm-unsafe-eval'` });
  await enter(page, "ada@accepts.example");
  await page.locator(".rcpt-use").waitFor();
  const [use, images] = await page.evaluate(() => [document.querySelector(".rcpt-use").textContent, document.images.length]);
  expect(use.includes("ada@") && !use.includes("eve@") && images === 0, "text, about the mailbox that was entered", use);
  expect(await page.evaluate(() => window.caught === undefined), "no script to run");
}

async function policiesOfAnyText(page) {
  await play(page, friendly(() => "greylisted"));
  const policy = "greylisted=block unknown=block not_probed=block dns_unavailable=block __proto__=block constructor=block timed_out:block ;;= =block mailbox_=block BLOCK greylisted = block";
  await form(page, { input: `data-rcpt data-rcpt-policy="${policy}"` });
  await enter(page, "ada@accepts.example");
  await says(page, /could not check the mailbox yet/);
  expect(!(await custom(page)), "what is unknown to block nothing");
  expect(await page.evaluate(() => Object.keys(Object.prototype).length === 0 && typeof {}.constructor === "function"), "no prototype touched");
}

async function textsOfAnyShape(page) {
  for (const texts of ["null", "[]", '"no_at"', "{", '{"no_at":5,"unknown":null,"mailbox_accepted":{}}', '{"__proto__":{"caught":1}}', '{"no_at":""}']) {
    await play(page, friendly());
    await form(page, { input: `data-rcpt data-rcpt-texts='${texts}'` });
    await enter(page, "ada");
    await sleep(400);
    await enter(page, "ada@accepts.example");
    await says(page, /can receive mail/);
    expect(await page.evaluate(() => ({}).caught === undefined), `${texts} to touch no prototype`);
  }
}

/** No sink for scripts is used: a page that forbids them all is fine. */
async function trustedTypes(page) {
  await play(page, friendly(() => "mailbox_not_found"));
  const reported = [];
  page.on("console", (said) => reported.push(said.text()));
  await form(page, { csp: `${strict()}; require-trusted-types-for 'script'; trusted-types 'none'` });
  await type(page, "ada@gmial.com");
  await page.locator(".rcpt-use").click();
  await enter(page, "ghost@bücher.example");
  await says(page, /no such mailbox/);
  expect(!reported.some((text) => /Trusted|Content Security/.test(text)), "no policy broken", reported);
}

/** A token for which somebody would have to do something: the form goes on. */
async function tokensThatNeverCome(page, { asked }) {
  await form(page, { input: "data-x" });
  const found = await page.evaluate(async (script) => {
    const { attach, verify } = await import(script);
    const stop = new AbortController();
    const waits = verify("ada@d.example", { turnstile: () => new Promise(() => {}), signal: stop.signal }).catch((error) => error.name);
    stop.abort();
    const wrong = await verify("ada@d.example", { turnstile: () => Promise.reject(new Error("no token")) }).catch((error) => error.message);
    attach(document.querySelector("#email"), { turnstile: "0x4AAA" });
    return [await waits, wrong].join();
  }, `${edge}/rcpt.js`);
  expect(found === "AbortError,no token", "who waits to be let go", found);
  await enter(page, "ada@accepts.example");
  await sleep(700);
  expect(asked.length === 0 && !(await custom(page)) && (await message(page)) === "", "nothing asked, said or refused without Cloudflare's script", asked.length);
}

/** The core hangs: its message goes with its text, and what is plain is told. */
async function partsThatNeverCome(page) {
  await play(page, friendly(() => "mailbox_not_found"));
  await page.route("**/rcpt-unicode-*", () => {});
  await form(page);
  await enter(page, "ghost@accepts.example");
  await says(page, /no such mailbox/);
  await page.locator("#email").fill("ädä@accepts.example");
  await says(page, /^$/);
  expect(!(await custom(page)), "no fault of another text");
}

/** What is refused once is not tried at every key press: each try is reported. */
async function refusedOverAndOver(page) {
  const tried = [];
  page.on("request", (request) => request.url().endsWith(".wasm") && tried.push(request.url()));
  await play(page, friendly());
  await form(page, { csp: strict("") });
  await type(page, "ada.lovelace@accepts.example");
  await page.locator("#email").blur();
  await says(page, /can receive mail/);
  expect(tried.length === 1, "one try", tried.length);
}

/** Nothing of the address in any URL, log, title or store, and nothing of the page's address to the edge, whatever the page tells others. */
async function nothingInTheOpen(page) {
  const [open, told] = [[], []];
  page.on("request", (request) => {
    open.push(request.url(), request.headers().referer ?? "");
    if (/\.wasm$|\/v1\//.test(request.url())) told.push(request.headers().referer ?? "");
  });
  page.on("console", (said) => open.push(said.text()));
  await play(page, friendly());
  await page.addInitScript(() => addEventListener("unhandledrejection", ({ reason }) => console.log(String(reason))));
  const body = '<meta name="referrer" content="unsafe-url"><label for="email">E-mail</label> <input type="email" id="email" name="email" data-rcpt>';
  await form(page, { body });
  await type(page, "ada.secret@accepts.example");
  await page.locator("#email").blur();
  await says(page, /can receive mail/);
  open.push(await page.evaluate(() => JSON.stringify([document.title, { ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state])));
  expect(!open.some((text) => text.includes("secret")), "nothing", open.filter((text) => text.includes("secret")));
  expect(told.length >= 3 && told.every((referer) => referer === ""), "no page's address told", told);
}

/** The element's start tag comes long before its input. */
async function elementsInParts(page) {
  const server = createServer((request, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.write(`<!doctype html><html lang="en"><title>Parts</title><script type="module" async src="${edge}/rcpt.js"></script><form><rcpt-email>${" ".repeat(4096)}`);
    setTimeout(() => response.end('<input type="email" id="email" name="email" aria-label="E-mail"></rcpt-email></form>'), 800);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  try {
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await sleep(300);
    const found = await page.evaluate(() => [document.querySelectorAll("input[type=email]").length, document.querySelectorAll(".rcpt").length].join());
    expect(found === "1,1", "one input, and one message", found);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
