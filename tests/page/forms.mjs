// What pages do to a field beside typing into it: scripts, resets, several fields, fields that come and go. A receipt goes along with no other text than
// its own, and what is the page's stays the page's.

import { cases, custom, edge, enter, expect, fault, form, friendly, message, play, receiptOf, says, sent, sleep, tone, type, verdict } from "./browser.mjs";

export default (browser) => cases(browser, [
  anOlderAddressIsNeverSent, scriptsThatChangeTheText, textsThatNobodySaw, handlersThatChangeTheText, resets, ownFaultStays, ownWiringStays,
  formByAttribute, severalFields, namesThatAreTaken, twoScripts, attachedTwice, fieldsThatGo, fieldsThatMove, fieldsThatCome, shadowTrees, severalAddresses,
  fieldsThatAreClosed, composition, receiptsThatExpire, pagesThatComeBack, noncesOfACopy, frameworksThatWatch, theButtonIsNoLeaving, enterWithASuggestion,
  oddLocalParts, domainsAlone, listsThatAreLate, whatCouldNotBeFoundOut, receiptsOfRefusals, otherLanguages, elementsAndTheirScript, elementsThatChange,
]);

const ask = 'data-rcpt data-rcpt-nonce="b2c41f0a9d7e4c55"';
const known = (page) => page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name, responseEnd }) => name.includes("rcpt-ascii") && responseEnd));

/** The first answer comes after the second question. */
async function anOlderAddressIsNeverSent(page) {
  let late;
  await play(page, async (asked) => {
    if (asked.email.startsWith("slow@")) await new Promise((done) => (late = done));
    return friendly()(asked);
  });
  await form(page, { input: ask });
  await enter(page, "slow@accepts.example");
  for (let n = 0; n < 100 && !late; n++) await sleep(50);
  expect((await receiptOf(page)) === "", "nothing to be sent while the answer is pending");
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  late();
  await sleep(200);
  expect((await receiptOf(page)) === "ada@accepts.example", "the receipt of what is there", await receiptOf(page));
  await page.locator("#email").pressSequentially("x");
  expect((await receiptOf(page)) === "" && !(await custom(page)), "nothing held after a key press");
}

async function scriptsThatChangeTheText(page) {
  await play(page, friendly((email) => (email.startsWith("ghost") ? "mailbox_not_found" : "mailbox_accepted")));
  await form(page, { input: ask });
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  const held = await page.evaluate(() => {
    document.querySelector("#email").value = "eve@accepts.example";
    return document.querySelector("[name=rcpt_receipt]").value;
  });
  expect(held === "", "the receipt gone at once", held);
  await enter(page, "ghost@accepts.example");
  await says(page, /no such mailbox/);
  const after = await page.evaluate(() => {
    const input = document.querySelector("#email");
    input.value = "";
    return { fault: input.validity.customError, own: Object.hasOwn(input, "value") };
  });
  expect(!after.fault && !after.own, "no fault of a text that is gone, and nothing left at the input", after);
  await says(page, /^$/);
  expect((await page.locator("#email").getAttribute("aria-invalid")) === null, "no mark either");
}

/** No event and no setter tells of this change. */
async function textsThatNobodySaw(page) {
  await play(page, friendly());
  await form(page, { input: ask });
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  await page.evaluate(() => {
    const native = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
    native.set.call(document.querySelector("#email"), "eve@accepts.example");
  });
  expect((await receiptOf(page)) === "", "no receipt along with another address");
}

/** Who changes the text while being told of an outcome is not asked about the old one. */
async function handlersThatChangeTheText(page, { asked }) {
  await play(page, friendly());
  await form(page, { input: ask });
  await known(page).catch(() => {});
  await page.evaluate(() => {
    const input = document.querySelector("#email");
    input.addEventListener("rcpt", ({ detail }) => {
      if (!detail.email.startsWith("old")) return;
      input.value = "new@accepts.example";
      input.dispatchEvent(new Event("input"));
      input.dispatchEvent(new Event("change"));
    });
  });
  await enter(page, "old@accepts.example");
  await says(page, /can receive mail/);
  await sleep(300);
  const emails = asked.map(({ email }) => email).filter((email) => !email.startsWith("postmaster"));
  expect(emails.join() === "new@accepts.example", "the new address alone to be asked about", emails);
  expect((await receiptOf(page)) === "new@accepts.example", "its receipt");
}

async function resets(page) {
  await play(page, friendly((email) => (email.startsWith("ghost") ? "mailbox_not_found" : "mailbox_accepted")));
  await form(page, { input: ask });
  for (const [address, words] of [["ada@accepts.example", /can receive mail/], ["ghost@accepts.example", /no such mailbox/]]) {
    await enter(page, address);
    await says(page, words);
    await page.evaluate(() => document.querySelector("form").reset());
    await says(page, /^$/);
    expect((await page.locator("[name=rcpt_receipt]").inputValue()) === "" && !(await custom(page)), "nothing held after a reset");
  }
}

async function ownFaultStays(page) {
  await play(page, friendly((email) => (email.startsWith("ghost") ? "mailbox_not_found" : "mailbox_accepted")));
  await form(page, { input: ask });
  await page.evaluate(() => document.querySelector("#email").setCustomValidity("taken"));
  for (const [address, words] of [["ada@accepts.example", /can receive mail/], ["ghost@accepts.example", /no such mailbox/], ["ada", /has an @/]]) {
    await enter(page, address);
    await says(page, words);
    expect((await fault(page)) === "taken", `the page's own fault at ${address}`, await fault(page));
  }
  await page.evaluate(() => document.querySelector("#email").setCustomValidity(""));
  await enter(page, "ghost@accepts.example");
  await says(page, /no such mailbox/);
  expect(/no such mailbox/.test(await fault(page)), "ours, once theirs is gone", await fault(page));
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  expect(!(await custom(page)), "none then");
}

async function ownWiringStays(page) {
  await play(page, friendly(() => "mailbox_not_found"));
  const body = `<label for="email">E-mail</label> <input type="email" id="email" name="email" aria-describedby="help" data-rcpt><p id="help">Help</p>`;
  await form(page, { body });
  const described = () => page.locator("#email").getAttribute("aria-describedby");
  await page.locator("#email").focus();
  expect(/^help rcpt-/.test(await described()), "both", await described());
  await page.evaluate(() => document.querySelector("#email").setAttribute("aria-describedby", "help other"));
  await enter(page, "ghost@accepts.example");
  await says(page, /no such mailbox/);
  expect(/^help other rcpt-/.test(await described()), "both again", await described());
  await page.evaluate((script) => import(script).then(({ attach }) => attach(document.querySelector("#email"))()), `${edge}/rcpt.js`);
  expect((await described()) === "help other", "the page's alone when it is left", await described());
  expect((await page.locator(".rcpt, [name=rcpt_receipt]").count()) === 0, "nothing left behind");
  await page.evaluate((script) => import(script).then(({ attach }) => {
    document.querySelector("#email").setAttribute("aria-invalid", "true");
    attach(document.querySelector("#email"));
  }), `${edge}/rcpt.js`);
  await enter(page, "ada@gmial.com");
  await says(page, /Did you mean/);
  expect((await page.locator("#email").getAttribute("aria-invalid")) === "true", "the page's own mark");
}

async function formByAttribute(page) {
  await play(page, friendly());
  await form(page, { body: `</form><label>E-mail <input type="email" id="email" name="email" form="far" ${ask}></label><form id="far" action="/sign-up" method="post">` });
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  const data = await page.evaluate(() => [...new FormData(document.querySelector("#far")).keys()]);
  expect(data.join() === "email,rcpt_receipt", "the receipt in the input's form", data);
}

async function severalFields(page, { asked }) {
  await play(page, friendly());
  const field = (id, more) => `<label for="${id}">${id}</label> <input type="email" id="${id}" name="${id}" ${ask} ${more}>`;
  await form(page, { body: field("email", "") + field("second", 'data-rcpt-receipt="second_receipt"') });
  for (const [id, address] of [["email", "ada@accepts.example"], ["second", "eve@accepts.example"]]) {
    await page.locator(`#${id}`).fill(address);
    await page.locator(`#${id}`).blur();
  }
  await page.waitForFunction(() => document.querySelectorAll(".rcpt[data-tone=good]").length === 2);
  expect((await receiptOf(page)) === "ada@accepts.example" && (await receiptOf(page, "second_receipt")) === "eve@accepts.example", "each its own");
  const nonces = asked.map(({ nonce }) => nonce).filter(Boolean);
  expect(new Set(nonces).size === 2, "a nonce each", nonces);
  const ids = await page.locator(".rcpt-say").evaluateAll((all) => all.map(({ id }) => id));
  expect(new Set(ids).size === 2, "an id each", ids);
}

async function namesThatAreTaken(page) {
  await play(page, friendly());
  await form(page, { input: `${ask} data-rcpt-receipt="email"` });
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  const all = await page.evaluate(() => new FormData(document.querySelector("form")).getAll("email"));
  expect(all.join() === "ada@accepts.example", "the page's own field alone", all);
}

async function twoScripts(page) {
  await play(page, friendly());
  await form(page, { input: ask, script: `></script><script type="module" src="${edge}/rcpt.js?again"` });
  await page.waitForLoadState("networkidle");
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  expect((await page.locator(".rcpt").count()) === 1 && (await page.locator("[name=rcpt_receipt]").count()) === 1, "one line and one receipt");
}

async function attachedTwice(page) {
  await play(page, friendly());
  await form(page, { input: ask });
  const left = await page.evaluate(async (script) => {
    const { attach } = await import(script);
    const input = document.querySelector("#email");
    const first = attach(input);
    const second = attach(input, { policy: { mailbox_accepted: "warn" } });
    first();
    const lines = document.querySelectorAll(".rcpt").length;
    window.leave = second;
    return lines;
  }, `${edge}/rcpt.js`);
  expect(left === 1, "the later one alone", left);
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  expect((await tone(page)) === "warn", "its policy", await tone(page));
  await page.evaluate(() => window.leave());
  expect((await page.locator(".rcpt").count()) === 0, "nothing left");
}

/** What is taken out of the page is not asked about, and leaves nothing behind. */
async function fieldsThatGo(page, { asked }) {
  await play(page, friendly(() => "mailbox_not_found"));
  await form(page, { input: ask });
  await enter(page, "ghost@accepts.example");
  await says(page, /no such mailbox/);
  await page.evaluate(() => document.querySelector("#email").remove());
  expect((await page.locator(".rcpt, [name=rcpt_receipt]").count()) === 0, "no message without its field");
  await form(page, { input: ask });
  await known(page).catch(() => {});
  await type(page, "ada@late.example");
  const before = asked.length;
  await page.evaluate(() => document.querySelector("main").remove());
  await sleep(2000);
  expect(asked.length === before, "nothing asked about a field that is gone", asked.length);
}

async function fieldsThatMove(page) {
  await play(page, friendly());
  await form(page, { input: ask });
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  await page.evaluate(() => {
    const box = document.createElement("fieldset");
    document.querySelector("form").prepend(box);
    box.append(document.querySelector("#email"));
  });
  await enter(page, "eve@accepts.example");
  await says(page, /can receive mail/);
  const next = await page.locator("#email").evaluate(({ nextElementSibling: next }) => `${next?.className} ${next?.nextElementSibling?.name}`);
  expect(next === "rcpt rcpt_receipt", "message and receipt behind the field", next);
  expect((await page.locator(".rcpt").count()) === 1, "one message");
  // One that is made before it is put anywhere.
  const made = await page.evaluate(async (script) => {
    const { attach } = await import(script);
    const input = Object.assign(document.createElement("input"), { type: "email", name: "later", id: "later" });
    attach(input, { receiptName: "later_receipt" });
    document.querySelector("form").append(input);
    input.focus();
    return [input.nextElementSibling?.className, getComputedStyle(input.nextElementSibling).margin];
  }, `${edge}/rcpt.js`);
  expect(made[0] === "rcpt", "a message behind it, too", made);
}

async function fieldsThatCome(page) {
  await play(page, friendly());
  await form(page, { body: "" });
  await page.waitForLoadState("networkidle");
  await page.evaluate((ask) => document.querySelector("form").insertAdjacentHTML("afterbegin", `<input type="email" id="email" name="email" aria-label="E-mail" ${ask}>`), ask);
  await page.locator("#email").click();
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  expect((await receiptOf(page)) === "ada@accepts.example", "its receipt");
}

async function shadowTrees(page) {
  await play(page, friendly(() => "mailbox_not_found"));
  await form(page, { body: '<div id="host"></div>', html: 'lang="de"' });
  await page.waitForLoadState("networkidle");
  await page.evaluate(() => {
    document.querySelector("#host").attachShadow({ mode: "open" }).innerHTML = '<input type="email" id="email" name="email" aria-label="E-mail" data-rcpt>';
  });
  await page.locator("#email").click();
  await known(page);
  await type(page, "ghost@accepts.example");
  await sleep(2500);
  const shown = () => page.locator(".rcpt-say").textContent();
  expect((await shown()) === "", "nobody scolded while they type", await shown());
  await page.locator("#email").blur();
  await page.waitForFunction(() => /dieses Postfach nicht/.test(document.querySelector("#host").shadowRoot.querySelector(".rcpt-say").textContent));
  const display = await page.locator(".rcpt").evaluate((line) => getComputedStyle(line).display);
  expect(display === "flex", "a message with its style", display);
}

async function severalAddresses(page, { asked }) {
  await play(page, friendly());
  await form(page, { input: `multiple ${ask}` });
  await enter(page, "ada@accepts.example, eve@accepts.example");
  await sleep(2000);
  expect(!(await custom(page)) && (await message(page)) === "" && asked.length === 0, "several addresses to be let alone", await message(page));
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
}

async function fieldsThatAreClosed(page, { asked }) {
  await play(page, friendly());
  await form(page, { input: `value="ada@gmial.com" readonly ${ask}` });
  await page.locator("#email").focus();
  await page.locator("#email").blur();
  await sleep(500);
  expect(asked.length === 0, "nobody asked about what nobody can change", asked.length);
  await form(page, { input: ask });
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  await page.evaluate(() => (document.querySelector("#email").disabled = true));
  expect((await receiptOf(page)) === "", "no receipt without its address");
  await page.evaluate(() => (document.querySelector("#email").disabled = false));
  expect((await receiptOf(page)) === "ada@accepts.example", "both again");
}

/** A text that is being composed is not settled. */
async function composition(page, { asked }) {
  await play(page, friendly());
  await form(page, { input: "data-rcpt" });
  await page.locator("#email").focus();
  await known(page);
  const client = await page.context().newCDPSession(page);
  await type(page, "ada@accepts.exampl");
  await client.send("Input.imeSetComposition", { text: "e", selectionStart: 1, selectionEnd: 1 });
  await sleep(2200);
  const whole = () => asked.filter(({ email }) => email.endsWith("@accepts.example")).length;
  expect(whole() === 0, "nothing asked while it is composed", asked.map(({ email }) => email));
  await client.send("Input.insertText", { text: "e" });
  await says(page, /can receive mail/);
}

async function receiptsThatExpire(page) {
  let life = 7;
  await play(page, ({ email, level }) => verdict(email, level === "dns" ? "not_probed" : "mailbox_accepted", { life }));
  await form(page, { input: ask });
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  expect((await receiptOf(page)) === "ada@accepts.example", "a receipt");
  await sleep(2500);
  expect((await receiptOf(page)) === "", "none that is about to expire");
  life = 600;
  await page.locator("#email").focus();
  await page.locator("#email").blur();
  for (let n = 0; n < 50 && !(await receiptOf(page)); n++) await sleep(50);
  expect((await receiptOf(page)) === "ada@accepts.example", "a new one for who comes by");
}

async function pagesThatComeBack(page, { asked }) {
  await play(page, friendly());
  await form(page, { input: ask });
  await enter(page, "ada@accepts.example");
  await says(page, /can receive mail/);
  const held = await page.evaluate(() => {
    window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    return document.querySelector("[name=rcpt_receipt]").value;
  });
  expect(held === "", "not the receipt that was sent", held);
  for (let n = 0; n < 50 && !(await receiptOf(page)); n++) await sleep(50);
  const nonces = asked.map(({ nonce }) => nonce).filter(Boolean);
  expect((await receiptOf(page)) === "ada@accepts.example" && new Set(nonces).size === 2, "another one", nonces);
}

/** A copy from the cache has the same nonce, and does not know what was asked with it. */
async function noncesOfACopy(page, { asked }) {
  await play(page, friendly());
  for (let n = 0; n < 2; n++) {
    await form(page, { input: ask });
    await enter(page, "ada@accepts.example");
    await says(page, /can receive mail/);
  }
  const nonces = asked.map(({ nonce }) => nonce).filter(Boolean);
  expect(new Set(nonces).size === 2 && nonces.every((nonce) => /^b2c41f0a9d7e4c55-\d+$/.test(nonce)), "no nonce twice", nonces);
}

/** As React does: it keeps what it has seen at the input's own `value`, and takes what it has seen already for no change. */
async function frameworksThatWatch(page) {
  await play(page, friendly());
  await form(page);
  await page.evaluate(() => {
    const input = document.querySelector("#email");
    const native = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
    let seen = "";
    const own = { configurable: true, enumerable: true, get: () => native.get.call(input), set: (text) => native.set.call(input, (seen = text)) };
    Object.defineProperty(input, "value", own);
    input.addEventListener("input", () => {
      const now = native.get.call(input);
      if (now === seen) native.set.call(input, (window.state ?? ""));
      else window.state = seen = now;
    });
    window.isTheirs = () => Object.getOwnPropertyDescriptor(input, "value").set === own.set;
  });
  await type(page, "ada@gmial.com");
  await page.locator(".rcpt-use").click();
  expect((await page.inputValue("#email")) === "ada@gmail.com", "the suggestion taken", await page.inputValue("#email"));
  await page.locator("#email").blur();
  await says(page, /can receive mail/);
  await page.evaluate(() => (document.querySelector("#email").value = ""));
  expect(await page.evaluate(() => window.isTheirs()), "the framework's own accessor back in its place");
}

/** Neither to the button's mouse click nor to its focus is the field left: nobody is asked about the slip. */
async function theButtonIsNoLeaving(page, { asked }) {
  await play(page, friendly());
  await form(page);
  await type(page, "ada@gmial.com");
  const button = page.locator(".rcpt-use");
  await button.waitFor();
  await button.hover();
  await page.mouse.down();
  await sleep(300);
  await page.mouse.up();
  expect((await page.inputValue("#email")) === "ada@gmail.com", "the suggestion taken");
  await page.locator("#email").fill("");
  await type(page, "ada@gmial.com");
  await button.waitFor();
  await page.keyboard.press("Tab");
  await sleep(1000);
  expect(await button.evaluate((button) => button === document.activeElement), "the focus at the button");
  const slips = () => asked.map(({ email }) => email).filter((email) => email.endsWith("gmial.com"));
  expect(slips().length === 0, "nobody asked about the slip", slips());
  await page.keyboard.press("Tab");
  await page.waitForFunction(() => document.activeElement.id === "send");
  for (let n = 0; n < 50 && slips().length < 2; n++) await sleep(50);
  expect(slips().join() === "postmaster@gmial.com,ada@gmial.com", "asked once it is left", slips());
}

/** Who sends the form at once is held to what is known of the text. */
async function enterWithASuggestion(page) {
  await form(page, { input: 'data-rcpt data-rcpt-policy="role=block"' });
  await page.locator("#email").focus();
  await known(page);
  await type(page, "sales@gmial.com");
  await page.locator(".rcpt-use").waitFor();
  await page.keyboard.press("Enter");
  expect(await custom(page), "a role address to be refused, as the policy has it");
  expect(page.url().endsWith("/tested"), "the form to be held back", page.url());
}

/** Marks that a replacement would take for its own. */
async function oddLocalParts(page) {
  await form(page);
  await page.locator("#email").focus();
  await known(page);
  await type(page, "$&$'@gmial.com");
  await page.locator(".rcpt-use").waitFor();
  const text = await page.locator(".rcpt-use").textContent();
  expect(text.includes("$&$'@gmail.com"), "the address as it is", text);
}

/** At level `dns`, somebody who waits is not left with “Checking”. */
async function domainsAlone(page) {
  await play(page, async (asked) => {
    await sleep(900);
    return friendly()(asked);
  });
  await form(page, { input: 'data-rcpt data-rcpt-level="dns"' });
  await enter(page, "ada@accepts.example");
  await says(page, /Checking/);
  await says(page, /^$/);
}

/** The list of throw-away services comes after the address was entered, and after the edge's answer. */
async function listsThatAreLate(page) {
  await play(page, friendly());
  await page.route("**/rcpt-lists-*", async (route) => {
    await sleep(1500);
    await route.continue();
  });
  await form(page, { input: `${ask} data-rcpt-policy="disposable=block"` });
  await page.locator("#email").focus();
  await known(page);
  await enter(page, "ada@mailinator.com");
  await says(page, /throw-away/);
  expect(await custom(page), "a throw-away address to be refused, as the policy has it");
}

/** What passes is asked again, and says nothing of another mailbox. */
async function whatCouldNotBeFoundOut(page, { asked }) {
  let reason = "dns_unavailable";
  const traits = { disposable: false, free: false, role: true, relay: false, accept_all: "unknown" };
  await play(page, ({ email, level }) => (level === "dns" ? verdict(email, reason, { traits }) : verdict(email, "mailbox_accepted")));
  await form(page, { input: 'data-rcpt data-rcpt-policy="role=block dns_unavailable=block"' });
  await enter(page, "ada@accepts.example");
  await says(page, /could not check/);
  expect(!(await custom(page)), "what is unknown to block nothing");
  reason = "not_probed";
  await enter(page, "eve@accepts.example");
  await says(page, /can receive mail/);
  expect(asked.length === 3, "the domain asked about again", asked.map(({ email }) => email));
}

/** A domain's refusal that the policy lets pass has a receipt; for one that blocks, no letter of the local part leaves. */
async function receiptsOfRefusals(page, { asked }) {
  await play(page, ({ email }) => verdict(email, "domain_not_found"));
  await form(page, { input: `${ask} data-rcpt-policy="domain_not_found=warn"` });
  await enter(page, "ada@nowhere.example");
  await says(page, /There is no domain/);
  for (let n = 0; n < 50 && !(await receiptOf(page)); n++) await sleep(50);
  expect((await receiptOf(page)) === "ada@nowhere.example", "a receipt of what is let pass", await receiptOf(page));
  expect(asked.every(({ level }) => level === "dns"), "no more asked for than the domain", asked.map(({ level }) => level));
  const before = asked.length;
  await form(page, { input: ask });
  await enter(page, "eve@nowhere.example");
  await says(page, /There is no domain/);
  await sleep(300);
  const later = asked.slice(before).map(({ email }) => email);
  expect(later.join() === "postmaster@nowhere.example" && (await receiptOf(page)) === "", "the domain alone, and nothing to be sent", later);
}

/** Messages in another language than the page's say so. */
async function otherLanguages(page) {
  await form(page, { html: 'lang="pt-BR"' });
  await page.waitForLoadState("networkidle");
  await enter(page, "ada");
  await says(page, /has an @/);
  expect((await page.locator(".rcpt").getAttribute("lang")) === "en", "English to be called English");
}

/** The script's policy and the element's own add up. */
async function elementsAndTheirScript(page) {
  await play(page, friendly(() => "mailbox_full"));
  const body = '<rcpt-email policy="mailbox_not_found=warn"><input type="email" id="email" name="email" aria-label="E-mail"></rcpt-email>';
  await form(page, { script: 'data-policy="mailbox_full=block"', body });
  await page.waitForFunction(() => document.querySelector(".rcpt"));
  await enter(page, "ada@accepts.example");
  await says(page, /is full/);
  expect(await custom(page), "refused, as the script has it");
}

async function elementsThatChange(page) {
  await play(page, friendly(() => "mailbox_full"));
  await form(page, { body: '<rcpt-email name="email" aria-label="E-mail" required></rcpt-email>' });
  await page.waitForFunction(() => document.querySelector(".rcpt"));
  const found = await page.evaluate(() => {
    const [made, input] = [document.querySelector("rcpt-email"), document.querySelector("rcpt-email input")];
    input.id = "email";
    made.removeAttribute("required");
    made.setAttribute("name", "other");
    made.toggleAttribute("disabled", true);
    const passed = [input.required, input.name, input.disabled].join();
    made.toggleAttribute("disabled", false);
    made.setAttribute("policy", "mailbox_full=block");
    return passed;
  });
  expect(found === "false,other,true", "attributes to be passed on at any time", found);
  await enter(page, "ada@accepts.example");
  await says(page, /is full/);
  expect(await custom(page), "the policy that it has now");
  expect(Object.keys(await sent(page)).includes("other"), "the input in the form");
}
