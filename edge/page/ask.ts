// Questions to an edge: one POST, answered by server-sent events or at once.

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

/** A nonce of its own for a question. */
export function nonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** Asks whether the mailbox can receive mail. Throws a `Problem` where the edge says so, and what `fetch` throws where it cannot be reached. */
export async function verify(email: string, ask: Ask): Promise<Verdict> {
  const answer = await fetch(new URL("/v1/verify", ask.edge), {
    method: "POST",
    headers: await headers(ask),
    body: JSON.stringify({ email, level: ask.level, nonce: ask.nonce ?? (ask.siteKey ? nonce() : undefined), deadline_ms: ask.deadlineMs }),
    credentials: "omit",
    referrerPolicy: "origin",
    signal: ask.signal ?? null,
  });
  if (!answer.ok) throw await problem(answer);
  if (!answer.body || !answer.headers.get("content-type")?.startsWith("text/event-stream")) return (await answer.json()) as Verdict;
  let last: Told | undefined;
  for await (const verdict of verdicts(answer.body)) {
    last = verdict;
    if (verdict.final) break;
    ask.onProgress?.(verdict);
  }
  if (!last?.final) throw new Problem(502, "broken_off", "expected a final verdict, found the end of the answer");
  return last;
}

type Told = Verdict & { final?: boolean };

async function headers(ask: Ask): Promise<Record<string, string>> {
  const headers: Record<string, string> = { "content-type": "application/json", accept: "text/event-stream, application/json" };
  if (ask.siteKey) headers["x-rcpt-site"] = ask.siteKey;
  if (ask.apiKey) headers["authorization"] = `Bearer ${ask.apiKey}`;
  if (ask.turnstile) headers["x-rcpt-turnstile"] = await ask.turnstile();
  return headers;
}

async function problem(answer: Response): Promise<Problem> {
  const said = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string };
  return new Problem(answer.status, said.code ?? "unknown", said.detail ?? answer.statusText);
}

/** The data of each event (HTML, §9.2.6), of which ours have one line each. */
async function* verdicts(body: ReadableStream<Uint8Array>): AsyncGenerator<Told> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("data: ")) yield JSON.parse(line.slice(6)) as Told;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
