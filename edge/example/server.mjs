// A sign-up form with the widget, and the back end that it posts to. Run it beside `make run`:
//
//   RCPT_EDGE=http://127.0.0.1:8787 PORT=8080 node edge/example/server.mjs
//
// The edge has to list this origin in RCPT_ORIGINS, or give it a site key (RCPT_SITE_KEY). Without receipt keys at the edge the form works all the same;
// the back end then knows no more than that somebody sent an address.

import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createRemoteJWKSet } from "jose";
import { checkReceipt } from "./receipt.mjs";

const faults = [];

/** A setting as `read` makes it; undefined, and a fault, where it is none. */
function setting(name, preset, expected, read) {
  const text = process.env[name] ?? preset;
  const value = read(text);
  if (value === undefined) faults.push(`${name}: expected ${expected}, found ${JSON.stringify(text)}`);
  return value;
}

function asPort(text) {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

function asOrigin(text) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return /^https?:$/.test(url?.protocol) && url.href === `${url.origin}/` ? url.origin : undefined;
}

const asSiteKey = (text) => (/^(site_[A-Za-z0-9_-]{16,64})?$/.test(text) ? text : undefined);

const port = setting("PORT", "8080", "a number of 1 to 65535", asPort);
const origin = setting("ORIGIN", `http://127.0.0.1:${port ?? 8080}`, "an http(s) URL without path", asOrigin);
const edge = setting("RCPT_EDGE", "http://127.0.0.1:8787", "an http(s) URL without path", asOrigin);
const siteKey = setting("RCPT_SITE_KEY", "", "site_ and 16 to 64 letters, digits, - and _", asSiteKey);
if (faults.length > 0) {
  console.error(`the example: ${faults.join("; ")}`);
  process.exit(2);
}

const keysAt = new URL("/.well-known/jwks.json", edge);
const keys = createRemoteJWKSet(keysAt);
/** Visits by their nonces, and nonces of receipts that were used. A real site keeps them with its sessions and lets them go after an hour. */
const visits = new Set();
const seen = new Set();

const policy = [
  "default-src 'none'",
  `script-src ${edge} 'wasm-unsafe-eval'`,
  `connect-src ${edge}`,
  "style-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
].join("; ");

const style = `:root { color-scheme: light dark; background: Canvas; font: 1rem/1.5 system-ui, sans-serif }
body { background: Canvas; color: CanvasText; max-inline-size: 28rem; margin: 3rem auto; padding: 0 1rem }
label { display: block; font-weight: 600 }
input, button { font: inherit; padding: .5rem .7rem; margin-block: .3rem }
input { inline-size: 100%; box-sizing: border-box }`;

function page(body) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign up</title><link rel="stylesheet" href="/style.css">${body}</html>`;
}

async function signs() {
  const answer = await fetch(keysAt).catch(() => undefined);
  return answer?.ok === true && (await answer.json()).keys.length > 0;
}

/** The form. Where the edge signs, it carries a nonce of this visit. */
async function form() {
  const nonce = randomBytes(16).toString("hex");
  const asks = await signs();
  if (asks) visits.add(nonce);
  return page(`<script type="module" src="${edge}/rcpt.js" data-site-key="${siteKey}"></script>
<main><h1>Sign up</h1>
<form method="post" action="/sign-up">
  <label for="email">E-mail</label>
  <input type="email" id="email" name="email" required autocomplete="email" data-rcpt${asks ? ` data-rcpt-nonce="${nonce}"` : ""}>
  <input type="hidden" name="visit" value="${nonce}">
  <button>Sign up</button>
</form></main>`);
}

/** What the back end makes of a form. A receipt that is missing is no fault: scripts may be off, or the edge away. */
async function signUp(fields) {
  const [email, receipt, visit] = ["email", "rcpt_receipt", "visit"].map((name) => fields.get(name) ?? "");
  if (!email.includes("@")) return { code: 422, said: "An e-mail address is missing." };
  if (!receipt) return { code: 200, said: "Unchecked. We have sent you a mail to confirm your address." };
  if (!visits.has(visit)) return { code: 403, said: "This form is too old." };
  try {
    const { status, reason } = await checkReceipt(receipt, { keys, email, origin, nonce: visit, seen });
    if (status === "undeliverable") return { code: 422, said: `Refused: ${reason}.` };
    return { code: 200, said: `Checked: ${status}, ${reason}.` };
  } catch (error) {
    return { code: 403, said: `Not believed: ${error.message}.` };
  }
}

async function body(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 16_384) break;
  }
  return new URLSearchParams(text);
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

const server = createServer(async (request, response) => {
  const send = (code, type, text) => {
    response.writeHead(code, { "content-type": `${type}; charset=utf-8`, "content-security-policy": policy, "cache-control": "no-store" });
    response.end(text);
  };
  if (request.method === "POST" && request.url === "/sign-up") {
    const { code, said } = await signUp(await body(request));
    return send(code, "text/html", page(`<main><h1>Sign up</h1><p id="said">${escaped(said)}</p></main>`));
  }
  if (request.url === "/style.css") return send(200, "text/css", style);
  if (request.method === "GET" && request.url === "/") return send(200, "text/html", await form());
  return send(404, "text/plain", "There is nothing here.\n");
});
server.on("error", ({ code, message }) => {
  const advice = "PORT says another port, whose origin the edge then has to list (RCPT_ORIGINS)";
  console.error(`the example: ${code === "EADDRINUSE" ? `127.0.0.1:${port} is in use already; ${advice}` : message}`);
  process.exitCode = 1;
});
server.listen(port, "127.0.0.1", () => console.log(`the example listens at ${origin}`));
