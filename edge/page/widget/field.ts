// One input, from key press to receipt. While somebody types, only a suggestion is offered; faults are told when they pause or leave.

import { type Ask, verify } from "../ask.js";
import type { Parser } from "../core.js";
import type { Level, Parsed, Reason, Verdict } from "../verdict.js";
import { hint } from "./hint.js";
import { type Languages, type Messages, type Texts, primary, say } from "./messages.js";
import { en } from "./messages/en.js";
import { type Action, type Policy, type Trait, actionOn } from "./policy.js";
import { type Tone, View } from "./view.js";

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
  /** A nonce of your back end: receipts are asked for as `NONCE-1`, `NONCE-2` and so on, a question each. */
  nonce?: string | undefined;
  /** The name of the hidden field for the receipt (`rcpt_receipt`). */
  receiptName?: string | undefined;
  /** Your own texts in place of ours. */
  texts?: Texts | undefined;
  /** The language of messages; by default that of the element. */
  language?: string | undefined;
  /** Gives a Turnstile token for each question. */
  turnstile?: Ask["turnstile"];
}

/** What fields share. */
export interface Means {
  parser: Parser;
  /** Loads the languages beside English. */
  languages: () => Promise<Languages>;
}

/** What a field came to; the detail of its event `rcpt`. */
export interface Outcome {
  email: string;
  reason: Reason;
  action: Action;
  /** What the core says, where it could be loaded. */
  parsed?: Parsed | undefined;
  /** What the edge says, where it was asked and answered. */
  verdict?: Verdict | undefined;
}

/** After which pauses something is done, in milliseconds. */
const OFFER = 40;
const DOMAIN = 600;
const SETTLED = 1500;
/** When a question is worth a word about waiting. */
const SLOW = 400;
/** How long an answer is waited for. */
const PATIENCE = 20_000;

interface Said extends Omit<Outcome, "action"> {
  suggestion?: string | null | undefined;
}

export class Field {
  #input: HTMLInputElement;
  #options: Options;
  #parser: Parser;
  #texts: Messages;
  #view: View;
  #ends = new AbortController();
  #question = new AbortController();
  #timers: ReturnType<typeof setTimeout>[] = [];
  #domains = new Map<string, Promise<Verdict>>();
  #settled: string | undefined;
  #wasLeft = false;
  #withheld: (() => void) | undefined;
  #meant = "";
  #asked = 0;

  constructor(input: HTMLInputElement, { parser, languages }: Means, options: Options) {
    this.#input = input;
    this.#parser = parser;
    this.#options = options;
    this.#texts = { ...en, ...options.texts };
    this.#view = new View(input, options.receiptName ?? "rcpt_receipt", () => this.#use());
    const on = (event: string, act: () => void) => input.addEventListener(event, act, { signal: this.#ends.signal });
    on("focus", () => this.#load());
    on("input", () => this.#typed());
    on("change", () => this.#leave());
    on("blur", () => this.#leave());
    on("invalid", () => this.#reveal());
    if (input === document.activeElement) this.#load();
    void this.#speak(languages);
  }

  /** Takes the language of the page, where there is one of ours; English until it is here. */
  async #speak(languages: Means["languages"]): Promise<void> {
    const { language, texts } = this.#options;
    const wanted = primary(language ?? this.#input.closest<HTMLElement>("[lang]")?.lang ?? navigator.language);
    if (wanted !== "en") this.#texts = { ...en, ...(await languages().catch(() => ({}) as Languages))[wanted], ...texts };
  }

  /** Leaves the input as it was. */
  detach(): void {
    this.#forget();
    this.#ends.abort();
    this.#view.remove();
  }

  #load(): void {
    // Where it fails, the modest check stands in.
    this.#parser.load().catch(() => {});
    if (this.#caresForLists()) this.#parser.learn().catch(() => {});
  }

  #caresForLists(): boolean {
    return (["disposable", "free"] as const).some((trait) => actionOn(trait, this.#options.policy ?? {}) !== "allow");
  }

  /** What was asked about another text is of no interest any more. */
  #forget(): void {
    this.#question.abort();
    this.#question = new AbortController();
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
    this.#settled = this.#withheld = undefined;
    this.#view.receipt = "";
    this.#input.setCustomValidity("");
  }

  #typed(): void {
    this.#forget();
    this.#load();
    const later = (ms: number, act: () => void) => this.#timers.push(setTimeout(act, ms));
    later(OFFER, () => this.#offer());
    later(DOMAIN, () => this.#askAhead());
    later(SETTLED, () => void this.#paused());
  }

  #leave(): void {
    this.#wasLeft = true;
    void this.#settle();
  }

  #reveal(): void {
    this.#withheld?.();
    this.#withheld = undefined;
  }

  /** At a key press: a suggestion, or nothing. */
  async #offer(): Promise<void> {
    const parsed = await this.#parsed(this.#input.value);
    if (parsed === "stale" || this.#settled !== undefined) return;
    if (parsed?.suggestion) this.#suggest(parsed.suggestion);
    else this.#view.clear();
  }

  #suggest(meant: string): void {
    this.#meant = meant;
    const domain = meant.slice(meant.lastIndexOf("@") + 1);
    this.#view.show("note", say(this.#texts.meant, domain), say(this.#texts.use, meant));
  }

  #use(): void {
    this.#input.value = this.#meant;
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
    const parsed = await this.#parsed(this.#input.value);
    if (parsed === "stale" || parsed?.suggestion || parsed?.reason !== "not_probed" || !parsed.mailbox) return;
    this.#ofDomain(parsed.mailbox.domain)?.catch(() => {});
  }

  /** Whoever is offered something else is left time to take it: till they leave, nobody is asked about what is most likely a slip. */
  async #paused(): Promise<void> {
    const parsed = await this.#parsed(this.#input.value);
    if (parsed !== "stale" && !parsed?.suggestion) await this.#settle();
  }

  async #settle(): Promise<void> {
    const text = this.#input.value;
    if (text === this.#settled) {
      if (this.#wasLeft) this.#reveal();
      return;
    }
    this.#forget();
    this.#settled = text;
    if (!text) return this.#view.clear();
    // Without a wait where the core is loaded, so that a form that is being sent is held to it.
    const at_once = this.#parser.now(text);
    const parsed = at_once ?? (await this.#parsed(text));
    if (parsed === "stale") return;
    const reason = parsed ? parsed.reason : hint(text) ? "syntax_invalid" : "not_probed";
    const said: Said = { email: text, reason, parsed, suggestion: parsed?.suggestion };
    this.#conclude(said);
    if (reason === "syntax_invalid" || this.#actionOn(said) === "block") return;
    await this.#ask(said);
  }

  /** 1. Its domain, if that is not settled; 2. the mailbox. Where the edge cannot be asked, the local word stands. */
  async #ask(said: Said): Promise<void> {
    const { signal } = this.#question;
    const slow = setTimeout(() => signal.aborted || this.#view.show("note", this.#texts.checking), SLOW);
    signal.addEventListener("abort", () => clearTimeout(slow));
    try {
      // 1.
      if (said.reason === "not_probed") {
        const domain = said.parsed?.mailbox?.domain ?? said.email.slice(said.email.lastIndexOf("@") + 1);
        const verdict = await this.#ofDomain(domain);
        if (!verdict || signal.aborted) return;
        if (verdict.reason !== "not_probed") return this.#conclude(withDomain(said, verdict));
      }
      // 2.
      const verdict = await this.#ofMailbox(said.email, signal);
      if (verdict && !signal.aborted) this.#conclude({ ...said, reason: verdict.reason, verdict, suggestion: verdict.suggestion });
    } catch {
      if (!signal.aborted) this.#conclude(said);
    } finally {
      clearTimeout(slow);
    }
  }

  #ofDomain(domain: string): Promise<Verdict> | undefined {
    const { edge, siteKey, turnstile, level } = this.#options;
    if (!edge || level === "syntax" || domain.startsWith("[")) return undefined;
    let asked = this.#domains.get(domain);
    if (!asked) {
      // RFC 5321 §4.5.1 has this mailbox at every domain.
      asked = verify(`postmaster@${domain}`, { edge, siteKey, turnstile, level: "dns", signal: AbortSignal.timeout(PATIENCE) });
      this.#domains.set(domain, asked);
      asked.catch(() => this.#domains.delete(domain));
    }
    return asked;
  }

  #ofMailbox(email: string, signal: AbortSignal): Promise<Verdict> | undefined {
    const { edge, siteKey, turnstile, level } = this.#options;
    const own = this.#options.nonce ? `${this.#options.nonce}-${++this.#asked}` : undefined;
    const wantsReceipt = own || siteKey;
    if (!edge || level === "syntax" || (level === "dns" && !wantsReceipt)) return undefined;
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
    return verify(email, { edge, siteKey, turnstile, level, nonce: own, signal: patience });
  }

  /** What is to be done about all that is known, at its strictest. */
  #actionOn({ reason, parsed, verdict }: Said): Action {
    const policy = this.#options.policy ?? {};
    const actions = [actionOn(reason, policy), ...traitsOf(parsed, verdict).map((trait) => actionOn(trait, policy))];
    return (["block", "warn"] as const).find((action) => actions.includes(action)) ?? "allow";
  }

  #conclude(said: Said): void {
    const action = this.#actionOn(said);
    const text = this.#textOf(said, action);
    this.#input.setCustomValidity(action === "block" ? text : "");
    this.#view.receipt = said.verdict?.receipt ?? "";
    const show = () => this.#show(said, action, text);
    // Nobody is scolded for what they are still typing.
    const types = document.activeElement === this.#input && !this.#wasLeft;
    if (types && action !== "allow") this.#withheld = show;
    else show();
    const detail: Outcome = { email: said.email, reason: said.reason, action, parsed: said.parsed, verdict: said.verdict };
    this.#input.dispatchEvent(new CustomEvent("rcpt", { bubbles: true, detail }));
  }

  #show({ reason, suggestion }: Said, action: Action, text: string): void {
    const tone: Tone = action !== "allow" ? action : reason === "mailbox_accepted" ? "good" : "note";
    if (suggestion && (action === "allow" || !text)) return this.#suggest(suggestion);
    if (!text) return this.#view.clear();
    if (suggestion) this.#meant = suggestion;
    this.#view.show(tone, text, suggestion ? say(this.#texts.use, suggestion) : undefined);
  }

  #textOf({ email, reason, parsed, verdict }: Said, action: Action): string {
    const policy = this.#options.policy ?? {};
    const domain = parsed?.mailbox?.domain ?? email.slice(email.lastIndexOf("@") + 1);
    const trait = traitsOf(parsed, verdict).find((trait) => action !== "allow" && actionOn(trait, policy) === action);
    if (trait && actionOn(reason, policy) !== action) return this.#texts[trait];
    if (reason === "not_probed") return "";
    if (reason === "syntax_invalid") return this.#textOfFault(email, parsed);
    return say(this.#texts[reason as keyof Messages] ?? this.#texts.unknown, domain);
  }

  /** The kind of fault where it is a plain one; in English else the core's own words. */
  #textOfFault(email: string, parsed: Parsed | undefined): string {
    const plain = hint(email);
    if (plain && plain !== "syntax_invalid") return this.#texts[plain];
    const isOurs = this.#texts.syntax_invalid === en.syntax_invalid;
    return isOurs && parsed ? parsed.explanation : this.#texts.syntax_invalid;
  }
}

/** The domain's verdict about an address: its suggestion was made for another local part. */
function withDomain(said: Said, verdict: Verdict): Said {
  const local = said.email.slice(0, said.email.lastIndexOf("@"));
  const suggestion = verdict.suggestion && local + verdict.suggestion.slice(verdict.suggestion.lastIndexOf("@"));
  return { ...said, reason: verdict.reason, verdict: { ...verdict, receipt: null }, suggestion };
}

function traitsOf(parsed: Parsed | undefined, verdict: Verdict | undefined): Trait[] {
  const traits = verdict?.traits ?? parsed?.traits;
  return traits ? (["disposable", "free", "role"] as const).filter((trait) => traits[trait]) : [];
}
