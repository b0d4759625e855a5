// Questions to an edge: one POST, answered by server-sent events or at once. An answer is not trusted to be one: what is too long, or no verdict, is a
// problem.

import type { Level, Verdict } from "./verdict.js";

/** How an edge is asked. */
export interface Ask {
  /** The edge's address, such as `https://rcpt.example.com`. */
  edge: string;
  /** The public key of your site, for pages. */
  siteKey?: string | undefined;
  /** An API key, for back ends. Never in a page. */
  apiKey?: string | undefined;
  /** How far the question is followed (`smtp`). */
  level?: Level | undefined;
  /** Asks for a receipt: 16 to 64 letters, digits, `-` and `_`, another one for each question. A page with a site key has to name one. */
  nonce?: string | undefined;
  /** How long the answer may take, 50 to 60000. Who says so also waits for a greylist. */
  deadlineMs?: number | undefined;
  /** Gives a Turnstile token, where the site wants one for each question. */
  turnstile?: (() => string | Promise<string>) | undefined;
  /** Asks for what is said to the mail server and by it; the edge of a lab tells it. */
  transcript?: boolean | undefined;
  signal?: AbortSignal | undefined;
  /** Is told the verdict so far after each stage. */
  onProgress?: ((verdict: Verdict) => void) | undefined;
}

/** What the edge says instead of a verdict: a problem by RFC 9457. */
export class Problem extends Error {
  constructor(
    /** The HTTP status. */
    readonly status: number,
    /** The problem's stable code. */
    readonly code: string,
    detail: string,
  ) {
    super(detail);
    this.name = "Problem";
  }
}

/** The most that an answer may weigh, in octets; a verdict weighs some thousand. */
const MOST = 1 << 20;

/** A nonce of its own for a question. */
export function nonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/**
 * Asks whether the mailbox can receive mail. Throws a `Problem` where the edge says so or says something else than a verdict, and what `fetch` throws
 * where it cannot be reached.
 */
export async function verify(email: string, ask: Ask): Promise<Verdict> {
  const answer = await fetch(new URL("/v1/verify", ask.edge), {
    method: "POST",
    headers: await headers(ask),
    body: JSON.stringify(question(email, ask)),
    credentials: "omit",
    referrerPolicy: "no-referrer",
    signal: ask.signal ?? null,
  });
  if (!answer.ok) throw await problem(answer);
  const isEvents = answer.headers.get("content-type")?.startsWith("text/event-stream");
  for await (const text of isEvents ? events(answer) : [await whole(answer)]) {
    const verdict = verdictOf(text);
    if (!isEvents || verdict.final) return verdict;
    ask.onProgress?.(verdict);
  }
  throw strange("broken_off");
}

function question(email: string, { level, nonce: own, siteKey, deadlineMs, transcript }: Ask): object {
  return { email, level, nonce: own ?? (siteKey ? nonce() : undefined), deadline_ms: deadlineMs, transcript };
}

type Told = Verdict & { final?: boolean };

async function headers(ask: Ask): Promise<Record<string, string>> {
  const headers: Record<string, string> = { "content-type": "application/json", accept: "text/event-stream, application/json" };
  if (ask.siteKey) headers["x-rcpt-site"] = ask.siteKey;
  if (ask.apiKey) headers["authorization"] = `Bearer ${ask.apiKey}`;
  if (ask.turnstile) headers["x-rcpt-turnstile"] = await unlessAborted(ask.turnstile(), ask.signal);
  return headers;
}

/** A token may be waited for as long as somebody looks at a riddle; whoever asked may not. */
function unlessAborted<T>(made: T | Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return Promise.race([made, new Promise<T>((_, fail) => signal?.addEventListener("abort", () => fail(signal.reason)))]);
}

async function problem(answer: Response): Promise<Problem> {
  const said = object(await whole(answer).catch(() => ""));
  return new Problem(answer.status, String(said?.["code"] ?? "unknown"), String(said?.["detail"] ?? answer.statusText));
}

function strange(code: string): Problem {
  return new Problem(502, code, "expected a verdict, found something else");
}

function verdictOf(text: string): Told {
  const said = object(text);
  if (typeof said?.["reason"] !== "string") throw strange("unexpected_answer");
  return said as unknown as Told;
}

function object(text: string): Record<string, unknown> | undefined {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

async function whole(answer: Response): Promise<string> {
  let text = "";
  for await (const line of lines(answer)) text += line;
  return text;
}

/** The data of each event (HTML, §9.2.6), of which ours have one line each. */
async function* events(answer: Response): AsyncGenerator<string> {
  for await (const line of lines(answer)) if (line.startsWith("data: ")) yield line.slice(6);
}

async function* lines({ body }: Response): AsyncGenerator<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let [text, left] = ["", MOST];
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (!value || done) break;
      if ((left -= value.length) < 0) throw strange("unexpected_answer");
      const found = (text + decoder.decode(value, { stream: true })).split("\n");
      text = found.pop() ?? "";
      yield* found;
    }
    yield text;
  } finally {
    reader?.cancel().catch(() => {});
  }
}
