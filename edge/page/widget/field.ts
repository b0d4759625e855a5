// One input, from key press to receipt. While somebody types, only a suggestion is offered; faults are told when they leave, and once they have left,
// when they pause.

import { type Ask, verify } from "../ask.js";
import type { Parser } from "../core.js";
import type { Level, Parsed, Verdict } from "../verdict.js";
import { hint } from "./hint.js";
import { Hold, put } from "./hold.js";
import { type Languages, type Messages, type Texts, primary, say } from "./messages.js";
import { en } from "./messages/en.js";
import { type Action, type Policy, actionOn } from "./policy.js";
import { token } from "./turnstile.js";
import { type Tone, View } from "./view.js";
import { type Said, actionAbout, domainOf, meantBy, textOf } from "./words.js";

/** How a field is attended to. */
export interface Options {
  /** The edge's address; without one nobody is asked. */
  edge?: string | undefined;
  /** The public key of your site. */
  siteKey?: string | undefined;
  /** How far questions go (`smtp`). */
  level?: Level | undefined;
  /** What is done about which reason or trait. */
  policy?: Policy | undefined;
  /** A nonce of your back end, of 16 to 48 characters: receipts are asked for as `NONCE-N`, with another number for each question. */
  nonce?: string | undefined;
  /** The name of the hidden field for the receipt (`rcpt_receipt`). */
  receiptName?: string | undefined;
  /** Your own texts in place of ours. */
  texts?: Texts | undefined;
  /** The language of messages; by default that of the element. */
  language?: string | undefined;
  /** Gives a Turnstile token for each question; or the key of a Turnstile widget, where the page has loaded Cloudflare's script. */
  turnstile?: Ask["turnstile"] | string;
}

/** What fields share. */
export interface Means {
  parser: Parser;
  /** Loads the languages beside English. */
  languages: () => Promise<Languages>;
}

/** What a field came to; the detail of its event `rcpt`. */
export interface Outcome extends Said {
  action: Action;
}

/** After which pauses something is done, in milliseconds. */
const OFFER = 40;
const DOMAIN = 600;
const SETTLED = 1500;
/** When a question is worth a word about waiting. */
const SLOW = 400;
/** How long an answer is waited for. */
const PATIENCE = 20_000;

/** Who attends to an input: another script, or the same one once more, must not do so beside. */
export const ATTENDED = Symbol.for("rcpt");
type Attended = HTMLInputElement & { [ATTENDED]?: (() => void) | undefined };

export class Field {
  #input: Attended;
  #options: Options;
  #policy: Policy;
  #parser: Parser;
  #texts: Messages;
  #view: View;
  #hold: Hold;
  #ends = new AbortController();
  #question = new AbortController();
  #timers: ReturnType<typeof setTimeout>[] = [];
  #domains = new Map<string, Promise<Verdict>>();
  #settled: string | undefined;
  #said: Said | undefined;
  #wasLeft = false;
  #withheld: (() => void) | undefined;
  #meant = "";
  // A page that comes back has forgotten what it asked with.
  #asked = (Math.random() * 1e9) | 0;

  constructor(input: Attended, { parser, languages }: Means, options: Options) {
    input[ATTENDED]?.();
    input[ATTENDED] = () => this.detach();
    this.#input = input;
    this.#parser = parser;
    this.#options = options;
    this.#policy = options.policy ?? {};
    this.#texts = { ...en, ...options.texts };
    this.#view = new View(input, options.receiptName ?? "rcpt_receipt", () => this.#use(), () => this.#leave(), () => this.#forget());
    this.#hold = new Hold(input, this.#view.receipt, this.#ends.signal, () => this.#typed(), () => this.#reset());
    this.#listen();
    if (input.matches(":focus")) this.#load();
    void this.#speak(languages);
  }

  #listen(): void {
    const { signal } = this.#ends;
    const on = <E extends keyof HTMLElementEventMap>(event: E, act: (event: HTMLElementEventMap[E]) => void) =>
      this.#input.addEventListener(event, act, { signal });
    on("focus", () => this.#load());
    on("input", (event) => this.#typed((event as InputEvent).isComposing));
    on("compositionend", () => this.#typed());
    // Whoever goes on to the button has not left; whoever sends the form by Enter is held to what is known.
    on("change", () => this.#leave(!this.#view.offers));
    on("blur", ({ relatedTarget }) => this.#leave(!this.#view.line.contains(relatedTarget as Node | null)));
    on("invalid", () => this.#reveal());
    // A page that comes back as it was has sent its receipt already. The window must not keep the field.
    const weak = new WeakRef(this);
    const again = ({ persisted }: PageTransitionEvent) => {
      const field = weak.deref();
      if (persisted && field) field.#again();
    };
    addEventListener("pageshow", again, { signal });
  }

  /** Takes the language of the page, where there is one of ours; English until it is here. */
  async #speak(languages: Means["languages"]): Promise<void> {
    const { language, texts } = this.#options;
    const near = this.#input.closest<HTMLElement>("[lang]") ?? document.documentElement;
    const wanted = primary(language ?? (near.lang || navigator.language));
    const theirs = wanted === "en" ? undefined : (await languages().catch(() => ({}) as Languages))[wanted];
    this.#texts = { ...en, ...theirs, ...texts };
    if (!texts) this.#view.line.lang = theirs ? wanted : "en";
  }

  /** Leaves the input as it was. */
  detach(): void {
    if (this.#ends.signal.aborted) return;
    this.#forget();
    this.#ends.abort();
    this.#view.remove();
    delete this.#input[ATTENDED];
  }

  #load(): void {
    this.#view.place();
    // Where it fails, the modest check stands in.
    this.#parser.load().catch(() => {});
    if (this.#caresForLists()) this.#parser.learn().catch(() => {});
  }

  #caresForLists(): boolean {
    return (["disposable", "free"] as const).some((trait) => actionOn(trait, this.#policy) !== "allow");
  }

  /** What the field holds; nothing where it holds several addresses, which are not looked at. */
  get #text(): string {
    const { value, multiple } = this.#input;
    return multiple && value.includes(",") ? "" : value;
  }

  /** Whether a person can do anything about what the field holds. */
  get #isOpen(): boolean {
    return this.#input.isConnected && !this.#input.readOnly && !this.#input.matches(":disabled");
  }

  /** What was asked about another text is of no interest any more. */
  #forget(): void {
    this.#question.abort();
    this.#question = new AbortController();
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
    this.#settled = this.#withheld = this.#said = undefined;
    this.#hold.release();
  }

  #typed(isComposing = false): void {
    this.#forget();
    this.#load();
    // A text that is being composed (IME) is not there yet.
    if (isComposing) return;
    const later = (ms: number, act: () => void) => this.#timers.push(setTimeout(act, ms));
    later(OFFER, () => this.#offer());
    later(DOMAIN, () => this.#askAhead());
    later(SETTLED, () => void this.#paused());
  }

  #leave(isLeft = true): void {
    this.#wasLeft = true;
    void this.#settle(isLeft);
  }

  #reset(): void {
    this.#forget();
    this.#wasLeft = false;
    this.#view.clear();
  }

  #again(): void {
    if (this.#settled === undefined) return;
    this.#forget();
    void this.#settle();
  }

  #reveal(): void {
    this.#withheld?.();
    this.#withheld = undefined;
  }

  /** At a key press: a suggestion, or nothing. */
  async #offer(): Promise<void> {
    if (!this.#parser.now(this.#text)?.suggestion) this.#view.clear();
    const parsed = await this.#parsed(this.#text);
    if (parsed !== "stale" && this.#settled === undefined && parsed?.suggestion && this.#isOpen) this.#suggest(parsed.suggestion);
  }

  #suggest(meant: string): void {
    this.#meant = meant;
    this.#view.show("note", say(this.#texts.meant, domainOf(meant)), say(this.#texts.use, meant));
  }

  #use(): void {
    if (!this.#isOpen) return;
    put(this.#input, this.#meant);
    this.#input.focus();
    for (const event of ["input", "change"]) this.#input.dispatchEvent(new Event(event, { bubbles: true }));
  }

  /** The core's word, if it can be had; `stale` where somebody typed on meanwhile. */
  async #parsed(text: string): Promise<Parsed | undefined | "stale"> {
    const { signal } = this.#question;
    const parsed = this.#parser.now(text) ?? (text ? await this.#parser.parse(text).catch(() => undefined) : undefined);
    return signal.aborted ? "stale" : parsed;
  }

  /** Its domain can be asked about before the address is complete: not a letter of the local part goes along. */
  async #askAhead(): Promise<void> {
    const parsed = await this.#parsed(this.#text);
    if (parsed === "stale" || parsed?.suggestion || parsed?.reason !== "not_probed" || !parsed.mailbox || !this.#isOpen) return;
    this.#ofDomain(parsed.mailbox.domain)?.catch(() => {});
  }

  /** Whoever is offered something else is left time to take it: till they leave, nobody is asked about what is most likely a slip. */
  async #paused(): Promise<void> {
    const parsed = await this.#parsed(this.#text);
    if (parsed !== "stale" && !parsed?.suggestion) await this.#settle();
  }

  /** Holds the form to what is known of the text; asks, where nothing else is to be waited for. */
  async #settle(asks = true): Promise<void> {
    const text = this.#text;
    if (text === this.#settled && !this.#hold.isOver) {
      if (this.#wasLeft) this.#reveal();
      return;
    }
    if (!this.#isOpen) return;
    this.#forget();
    const { signal } = this.#question;
    if (asks) this.#settled = text;
    if (!text) return this.#view.clear();
    // Without a wait where the core is loaded, so that a form that is being sent is held to it.
    const at_once = this.#parser.now(text);
    const parsed = at_once ?? (await this.#parsed(text));
    if (parsed === "stale") return;
    const reason = parsed ? parsed.reason : hint(text) ? "syntax_invalid" : "not_probed";
    this.#conclude({ email: text, reason, parsed, suggestion: parsed?.suggestion ?? undefined });
    if (signal.aborted || reason === "syntax_invalid" || this.#isBlocked) return;
    void this.#learnt(signal);
    if (asks) await this.#ask(text, signal);
  }

  get #isBlocked(): boolean {
    return !this.#said || actionAbout(this.#said, this.#policy) === "block";
  }

  /** Lists that a policy needs may come later than the address. */
  async #learnt(signal: AbortSignal): Promise<void> {
    if (!this.#caresForLists() || this.#said?.parsed?.traits.free !== null) return;
    await this.#parser.learn().catch(() => {});
    if (signal.aborted || !this.#said) return;
    this.#conclude({ ...this.#said, parsed: this.#parser.now(this.#said.email) });
  }

  /** 1. Its domain, if that is not settled; 2. the mailbox. Where the edge cannot be asked, the local word stands. */
  async #ask(email: string, signal: AbortSignal): Promise<void> {
    const slow = setTimeout(() => signal.aborted || !this.#view.isEmpty || this.#view.show("note", this.#texts.checking), SLOW);
    const learn = (more: Partial<Said>) => signal.aborted || !this.#said || this.#conclude({ ...this.#said, ...more });
    let { level } = this.#options;
    try {
      // A field that is being taken out of the page is left, too.
      await null;
      if (signal.aborted || !this.#isOpen) return;
      // 1.
      if (this.#said?.reason === "not_probed") {
        const verdict = await this.#ofDomain(this.#said.parsed?.mailbox?.domain ?? domainOf(email));
        if (!verdict || signal.aborted) return;
        if (verdict.reason !== "not_probed") {
          learn(withDomain(email, verdict));
          // What the policy lets pass is still worth a receipt, for which nobody is asked but the DNS.
          if (verdict.status !== "undeliverable") return;
          level = "dns";
        }
      }
      // 2.
      if (signal.aborted || this.#isBlocked) return;
      const verdict = await this.#ofMailbox(email, level, signal);
      learn(verdict ? { reason: verdict.reason, verdict, suggestion: meantBy(email, verdict.suggestion) } : {});
    } catch {
      learn({});
    } finally {
      clearTimeout(slow);
    }
  }

  /** How an edge is asked, if there is one. */
  get #how(): Omit<Ask, "signal"> | undefined {
    const { edge, siteKey, level, turnstile } = this.#options;
    const tokens = typeof turnstile === "string" ? () => token(turnstile, this.#view.line) : turnstile;
    return edge && level !== "syntax" ? { edge, siteKey, turnstile: tokens } : undefined;
  }

  #ofDomain(domain: string): Promise<Verdict> | undefined {
    const how = this.#how;
    if (!how || domain.startsWith("[")) return undefined;
    const known = this.#domains.get(domain);
    if (known) return known;
    // RFC 5321 §4.5.1 has this mailbox at every domain.
    const asked = verify(`postmaster@${domain}`, { ...how, level: "dns", signal: within(this.#ends.signal) });
    const forget = () => this.#domains.delete(domain);
    this.#domains.set(domain, asked);
    // What could not be found out is asked again.
    asked.then(({ reason }) => reason === "not_probed" || reason.startsWith("domain_") || forget(), forget);
    return asked;
  }

  #ofMailbox(email: string, level: Level | undefined, signal: AbortSignal): Promise<Verdict> | undefined {
    const { nonce, siteKey } = this.#options;
    const how = this.#how;
    if (!how || (level === "dns" && !nonce && !siteKey)) return undefined;
    return verify(email, { ...how, level, nonce: nonce && `${nonce}-${++this.#asked}`, signal: within(signal) });
  }

  #conclude(said: Said): void {
    this.#said = said;
    const action = actionAbout(said, this.#policy);
    const text = textOf(said, action, this.#policy, this.#texts);
    this.#hold.take(said.email, action === "block" ? text : "", said.verdict?.receipt);
    const show = () => this.#show(said, action, text);
    // Nobody is scolded for what they are still typing.
    const types = this.#input.matches(":focus") && !this.#wasLeft;
    if (types && action !== "allow") this.#withheld = show;
    else show();
    this.#input.dispatchEvent(new CustomEvent<Outcome>("rcpt", { bubbles: true, detail: { ...said, action } }));
  }

  #show({ reason, suggestion }: Said, action: Action, text: string): void {
    const tone: Tone = action !== "allow" ? action : reason === "mailbox_accepted" ? "good" : "note";
    if (suggestion && (action === "allow" || !text)) return this.#suggest(suggestion);
    if (!text) return this.#view.clear();
    if (suggestion) this.#meant = suggestion;
    this.#view.show(tone, text, suggestion ? say(this.#texts.use, suggestion) : undefined);
  }
}

/** Until `signal` says so, and not for ever. */
function within(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
}

/** The domain's verdict about an address, without what is another mailbox's. */
function withDomain(email: string, { traits, mailbox, receipt, ...verdict }: Verdict): Partial<Said> {
  const suggestion = meantBy(email, verdict.suggestion);
  return { reason: verdict.reason, verdict: { ...verdict, email, suggestion: suggestion ?? null }, suggestion };
}
