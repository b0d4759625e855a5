// What the core asks of the runtime, each in one call, since every step between wasm and JavaScript costs. What takes time has a number, by which
// the core is told what it came to; a number that was let go is told nothing. Nothing here throws: an exception would run through the core and
// leave it as it was in the middle.
import * as core from "./index.js";

// What a call came to, as edge/src/runtime/call.rs has it; above these stand the statuses of HTTP.
const FAILED = 0;
const DONE = 1;
const NOTHING = 2;
const TOO_MUCH = 3;
const LATE = 4;

/** The headers that the core looks at, in the order of edge/src/asked.rs. */
const HEADERS = [
    "accept",
    "authorization",
    "cf-connecting-ip",
    "content-type",
    "origin",
    "x-rcpt-site",
    "x-rcpt-turnstile",
    "x-request-id",
];

const EMPTY = new Uint8Array();
const encoder = new TextEncoder();

/** What the core waits for, by number. */
const calls = new Map();
/** Answers that are told in parts, by number. */
const feeds = new Map();
/** Whether the core broke off in the middle; it is then begun anew with the next request. */
let isBroken = false;

/** Answers a request. */
export function answer(request, env, context) {
    if (isBroken) {
        calls.clear();
        feeds.clear();
        core.__wbg_reset_state();
        isBroken = false;
    }
    return new Promise((tell, fail) => {
        try {
            core.answer(head(request), request, env, context, tell, Date.now());
        } catch (error) {
            isBroken = true;
            fail(error);
        }
    });
}

function open(number, stop) {
    const call = { number, stop };
    calls.set(number, call);
    return call;
}

function close(call, code, text = "", octets = EMPTY) {
    if (calls.get(call.number) !== call) {
        return;
    }
    calls.delete(call.number);
    try {
        core.settle(call.number, code, text, octets, Date.now());
    } catch (error) {
        isBroken = true;
        throw error;
    }
}

/** Nobody waits for it any more. */
export function letGo(number) {
    const call = calls.get(number);
    calls.delete(number);
    try {
        call?.stop?.();
    } catch {
        // It belonged to a request that is gone, and was stopped with it.
    }
}

/** Has the core told what `work` promises: a code, and what else there is. */
function tellOf(number, work) {
    const call = open(number);
    work().then((outcome) => close(call, ...outcome), () => close(call, FAILED));
}

// Requests and answers.

/** Method, URL and the headers of these names, a line each; a header that is there begins with "=". */
function head(request) {
    const { headers } = request;
    let text = `${request.method}\n${request.url}`;
    for (const name of HEADERS) {
        const value = headers.get(name);
        text += value === null ? "\n" : `\n=${value}`;
    }
    return text;
}

/** The body; nothing where it is longer than `limit`. One that says how long it is is read at once: in parts each costs a promise. */
async function whole(message, limit) {
    const { headers } = message;
    const length = headers.get("content-length");
    if (length && Number(length) <= limit && !headers.has("content-encoding")) {
        return new Uint8Array(await message.arrayBuffer());
    }
    if (!message.body) {
        return EMPTY;
    }
    const parts = [];
    let size = 0;
    const reader = message.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
        size += part.value.length;
        if (size > limit) {
            reader.cancel().catch(() => {});
            return undefined;
        }
        parts.push(part.value);
    }
    const octets = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
        octets.set(part, at);
        at += part.length;
    }
    return octets;
}

/** Reads a request's body of at most `limit` octets. */
export function read(number, request, limit) {
    tellOf(number, async () => {
        const octets = await whole(request, limit);
        return octets ? [DONE, "", octets] : [TOO_MUCH];
    });
}

/** Header fields from their lines. An object, since the runtime takes twice as long to read pairs; fields of one name are one list (RFC 9110 §5.3). */
function fields(lines) {
    const found = {};
    for (const line of lines.split("\n")) {
        const at = line.indexOf(": ");
        const name = line.slice(0, at);
        const value = line.slice(at + 2);
        found[name] = found[name] ? `${found[name]}, ${value}` : value;
    }
    return found;
}

/** Sends a request and reads at most `limit` octets of its answer, within `ms`. Redirects are answers, too. */
export function exchange(number, method, url, headers, body, limit, ms) {
    const controller = new AbortController();
    const timer = setTimeout(() => {
        controller.abort();
        close(call, LATE);
    }, ms);
    const stop = () => {
        clearTimeout(timer);
        controller.abort();
    };
    const call = open(number, stop);
    const work = async () => {
        const response = await fetch(url, { method, headers: fields(headers), body, redirect: "manual", signal: controller.signal });
        const octets = await whole(response, limit);
        if (!octets) {
            throw new RangeError("too much");
        }
        clearTimeout(timer);
        const said = (name) => response.headers.get(name) ?? "";
        close(call, response.status, `${said("content-type")}\n${said("retry-after")}`, octets);
    };
    work().catch(() => {
        stop();
        close(call, FAILED);
    });
}

function response(body, status, headers) {
    try {
        return new Response(body, { status, headers: fields(headers) });
    } catch {
        return new Response(null, { status: 500 });
    }
}

/** Answers at once. */
export function respond(tell, status, headers, body) {
    tell(response(body || null, status, headers));
}

/** Answers in parts, which `give` gives. */
export function stream(feed, tell, status, headers) {
    const state = {};
    feeds.set(feed, state);
    const source = {
        pull: (controller) => {
            state.controller = controller;
            return new Promise((go) => {
                state.go = go;
                state.wish?.();
            });
        },
        cancel: () => {
            feeds.delete(feed);
            state.go?.();
            state.left?.();
        },
    };
    tell(response(new ReadableStream(source, { highWaterMark: 0 }), status, headers));
}

/** Waits until another part is wanted. */
export function wish(number, feed) {
    const call = open(number);
    const state = feeds.get(feed) ?? {};
    const ready = () => {
        state.wish = undefined;
        close(call, DONE);
    };
    if (state.go) {
        Promise.resolve().then(ready);
    } else {
        state.wish = ready;
    }
}

/** Waits until nobody listens any more. */
export function left(number, feed) {
    const call = open(number);
    const state = feeds.get(feed) ?? {};
    state.left = () => close(call, DONE);
}

/** Gives the part that is wanted. */
export function give(feed, part) {
    const { controller, go } = feeds.get(feed) ?? {};
    try {
        feeds.get(feed).go = undefined;
        controller.enqueue(encoder.encode(part));
        go();
    } catch {
        // Nobody listens any more.
    }
}

/** Nothing more will be given. */
export function end(feed) {
    const { controller, go } = feeds.get(feed) ?? {};
    feeds.delete(feed);
    try {
        controller.close();
        go();
    } catch {
        // Nobody listens any more.
    }
}

// Time.

/** Waits for `ms`. */
export function sleep(number, ms) {
    const timer = setTimeout(() => close(call, DONE), ms);
    const call = open(number, () => clearTimeout(timer));
}

/** What is done behind the answer lasts until `over`. */
export function lasting(number, context) {
    const promise = new Promise((done) => calls.set(number, { number, stop: done }));
    context.waitUntil(promise);
}

// The data centre's cache.

/** What is kept under `key`, where it comes within `ms`. */
export function find(number, key, ms) {
    const timer = setTimeout(() => close(call, LATE), ms);
    const call = open(number, () => clearTimeout(timer));
    const work = async () => {
        const kept = await caches.default.match(key);
        const octets = kept && new Uint8Array(await kept.arrayBuffer());
        clearTimeout(timer);
        close(call, octets ? DONE : NOTHING, "", octets);
    };
    work().catch(() => {
        clearTimeout(timer);
        close(call, FAILED);
    });
}

/** Keeps `octets` under `key`, behind the answer. Where that fails, they are found out again. */
export function keep(context, key, octets, maxAge) {
    // The octets are the core's, and only for now.
    const kept = new Response(octets.slice(), { headers: { "cache-control": `max-age=${maxAge}` } });
    context.waitUntil(caches.default.put(key, kept).catch(() => {}));
}

// Variables, secrets and bindings.

/** A text, or what is none as JSON: it must never be taken for a setting that is not there. */
export function variable(env, name) {
    const value = env[name];
    if (value === undefined || value === null || typeof value === "string") {
        return value ?? undefined;
    }
    try {
        return JSON.stringify(value);
    } catch {
        return undefined;
    }
}

/** Whether there is such a variable or binding at all. */
export function isSet(env, name) {
    return env[name] !== undefined && env[name] !== null;
}

/** Whether there is a binding with such a method. */
export function hasMethod(env, name, method) {
    return typeof env[name]?.[method] === "function";
}

/** Takes one from a rate limit. */
export function limit(number, env, binding, key) {
    tellOf(number, async () => ((await env[binding].limit({ key })).success ? [DONE] : [NOTHING]));
}

/** Looks into a KV namespace. */
export function get(number, env, binding, key) {
    tellOf(number, async () => {
        const text = await env[binding].get(key);
        return text === null ? [NOTHING] : [DONE, text];
    });
}

/** Puts a text into a KV namespace, for `ttl` seconds. */
export function put(number, env, binding, key, text, ttl) {
    tellOf(number, async () => {
        await env[binding].put(key, text, { expirationTtl: ttl });
        return [DONE];
    });
}

/** Signs a text by Ed25519 (Web Cryptography, Secure Curves), with a key that cannot be read back. */
export function sign(number, x, d, text) {
    tellOf(number, async () => {
        const jwk = { kty: "OKP", crv: "Ed25519", x, d };
        const key = await crypto.subtle.importKey("jwk", jwk, "Ed25519", false, ["sign"]);
        return [DONE, "", new Uint8Array(await crypto.subtle.sign("Ed25519", key, encoder.encode(text)))];
    });
}

/** One line for the operator. */
export function warn(text) {
    console.warn(text);
}
