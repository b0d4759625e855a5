// What the playground shows. All that came from outside is put in as text.

import type { Level, Parsed, Verdict } from "../verdict.js";
import { claims } from "./receipt.js";

type Tone = "good" | "warn" | "bad" | "busy" | "";
type Name = "syntax" | "dns" | "smtp";

const SIGNS: Record<Tone, string> = { good: "✓", warn: "?", bad: "✗", busy: "…", "": "○" };
const TONES: Record<string, Tone> = { deliverable: "good", risky: "warn", unknown: "warn", undeliverable: "bad" };

const ROUTES: Record<string, string> = {
  implicit: "no MX, but an address",
  null: "says that it takes no mail",
  no_mail: "has nothing that takes mail",
  no_such_domain: "there is none",
};

/** The element of this id. */
export function find<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Lights one stage. */
export function stage(name: Name, tone: Tone, note: string, ms?: number | null): void {
  const box = find(`stage-${name}`);
  box.dataset["tone"] = tone;
  part(box, ".sign").textContent = SIGNS[tone];
  part(box, ".note").textContent = note;
  part(box, "time").textContent = ms == null ? "" : duration(ms);
}

/** Shows nothing yet. */
export function wipe(): void {
  for (const name of ["syntax", "dns", "smtp"] as const) stage(name, "", "");
  for (const id of ["verdict", "evidence", "receipt", "same"]) find(id).hidden = true;
  find("said").replaceChildren();
}

/** What the text alone comes to. */
export function showParsed(parsed: Parsed, ms: number, use: (address: string) => void): void {
  const { valid } = parsed.syntax;
  stage("syntax", valid ? "good" : "bad", valid ? "well formed" : "not an address", ms);
  const said = find("said");
  if (!valid) said.textContent = parsed.explanation;
  else if (parsed.suggestion) said.replaceChildren("Did you mean", button(parsed.suggestion, () => use(parsed.suggestion as string)));
}

/** That the edge is being asked. */
export function waiting(level: Level): void {
  if (level !== "syntax") stage("dns", "busy", "looking up…");
  if (level === "smtp") stage("smtp", "", "waits for the domain");
}

/** The verdict so far. */
export function showVerdict(verdict: Verdict, parsed: Parsed | undefined, final: boolean): void {
  lightDomain(verdict, final);
  lightServer(verdict, final);
  if (!final) return;
  const box = find("verdict");
  const tone = TONES[verdict.status] ?? "";
  box.dataset["tone"] = tone;
  part(box, ".sign").textContent = SIGNS[tone];
  find("status").textContent = verdict.status;
  find("reason").textContent = verdict.reason;
  find("explanation").textContent = verdict.explanation;
  find("facts").replaceChildren(...facts(verdict, parsed).map((fact) => element("li", fact)));
  box.hidden = false;
  showEvidence(verdict);
}

/** That there is no verdict, and why. */
export function showProblem(detail: string): void {
  for (const name of ["dns", "smtp"] as const) stage(name, "", "");
  find("said").textContent = detail;
}

/** The receipt, and what it says. */
export function showReceipt(receipt: string | null | undefined): void {
  find("receipt").hidden = !receipt;
  find("receipt-text").textContent = receipt ?? "";
  find("receipt-claims").textContent = receipt ? JSON.stringify(claims(receipt), null, 2) : "";
}

/** Addresses to click, each with the reason to expect. */
export function chips(id: string, rows: [address: string, reason: string][], use: (address: string) => void): void {
  const chip = ([address, reason]: [string, string]) => {
    const made = button(address, () => use(address));
    made.title = reason;
    return made;
  };
  find(id).replaceChildren(...rows.map(chip));
}

function lightDomain(verdict: Verdict, final: boolean): void {
  const { dns, reason, timing_ms: timing } = verdict;
  if (dns) {
    const hosts = dns.mx.length === 1 ? "1 mail host" : `${dns.mx.length} mail hosts`;
    const works = dns.route === "hosts" || dns.route === "implicit";
    stage("dns", works ? "good" : "bad", ROUTES[dns.route] ?? hosts, timing?.dns);
    if (works && !final) stage("smtp", "busy", "asking…");
  } else if (final) {
    const failed = reason === "dns_unavailable";
    stage("dns", failed ? "warn" : "", failed ? "could not be looked up" : verdict.dns === undefined ? "not told to pages" : "not asked", timing?.dns);
  }
}

function lightServer(verdict: Verdict, final: boolean): void {
  if (!final) return;
  const { smtp, timing_ms: timing, status } = verdict;
  if (!smtp) return stage("smtp", "", verdict.smtp === undefined ? "not told to pages" : "not asked", timing?.smtp);
  const note = smtp.code === null ? `no answer at ${smtp.stage}` : `says ${[smtp.code, smtp.enhanced].filter(Boolean).join(" ")}`;
  stage("smtp", TONES[status] ?? "", note, timing?.smtp);
}

function facts(verdict: Verdict, parsed: Parsed | undefined): string[] {
  const traits = Object.entries(verdict.traits ?? parsed?.traits ?? {});
  const named = traits.filter(([name, value]) => value === true && name !== "accept_all").map(([name]) => name);
  const accepts = verdict.traits?.accept_all === "yes" ? ["accepts every name"] : [];
  const again = verdict.retry_after_s ? [`ask again in ${verdict.retry_after_s} s`] : [];
  const meant = verdict.suggestion ? [`did you mean ${verdict.suggestion}?`] : [];
  return [...named, ...accepts, ...again, ...meant];
}

function showEvidence({ dns, smtp, as_of: asOf, expires_at: until, transcript }: Verdict): void {
  const rows: [string, Node][] = [];
  if (dns?.mx.length) rows.push(["Mail hosts", list(dns.mx.map(({ preference, exchange }) => `${preference} ${exchange}`))]);
  if (dns?.operator) rows.push(["Run by", text(dns.operator)]);
  if (dns) rows.push(["DNSSEC", text(dns.authenticated ? "validated" : "not validated")]);
  if (smtp) rows.push(["Asked", text([smtp.host, smtp.ip && `(${smtp.ip})`, smtp.tls ? "over TLS" : "without TLS"].filter(Boolean).join(" "))]);
  if (smtp?.text) rows.push(["Its own words", element("samp", [smtp.code, smtp.enhanced, smtp.text].filter(Boolean).join(" "))]);
  if (asOf && until) rows.push(["Seen", text(`${clock(asOf)}, good until ${clock(until)}`)]);
  const entries = rows.flatMap(([term, node]) => {
    const told = document.createElement("dd");
    told.append(node);
    return [element("dt", term), told];
  });
  find("evidence-list").replaceChildren(...entries);
  find("transcript").hidden = !transcript?.length;
  find("transcript-lines").textContent = transcript?.join("\n") ?? "";
  find("evidence").hidden = !dns && !smtp;
}

function duration(ms: number): string {
  return ms < 0.1 ? "< 0.1 ms" : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function clock(time: string): string {
  return time.replace("T", " ").replace(/\.\d+Z$/, " UTC");
}

function text(words: string): Node {
  return document.createTextNode(words);
}

function list(items: string[]): HTMLElement {
  const made = document.createElement("ul");
  made.append(...items.map((item) => element("li", item)));
  return made;
}

function element(name: string, words: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = words;
  return made;
}

function button(words: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
}

function part(box: HTMLElement, selector: string): HTMLElement {
  return box.querySelector(selector) as HTMLElement;
}
