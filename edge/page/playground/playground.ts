// The playground: one address, watched on its way. Its parts: `page` shows, `shell` says the same in a command, `receipt` decodes.

import { type Ask, Problem, nonce, verify } from "../ask.js";
import { Parser } from "../core.js";
import type { Level, Parsed, Verdict } from "../verdict.js";
import { remote } from "../widget/remote.js";
import { chips, find, showParsed, showProblem, showReceipt, showVerdict, stage, waiting, wipe } from "./page.js";
import { curl } from "./shell.js";

/** After which pause an address is asked about, in milliseconds. */
const PAUSE = 700;

/** Reasons of which the lab has an address at hand; the others are behind "All". */
const TELLING = ["mailbox_accepted", "mailbox_not_found", "accept_all", "greylisted", "mailbox_full", "sender_blocked", "domain_not_found", "syntax_invalid"];

const edge = location.origin;
const parser = new Parser(remote(`${edge}/`));
const email = find<HTMLInputElement>("email");
const level = find<HTMLSelectElement>("level");
const siteKey = find<HTMLInputElement>("site-key");

let question = new AbortController();
let timer: ReturnType<typeof setTimeout> | undefined;
let asked = "";
/** Whether the edge signs; where it does not, no nonce is sent. */
let signs = false;
/** Whether there is a lab, whose conversations are told. */
let isLab = false;

/** Says what the text alone comes to, at every key press. */
async function typed(pause: number): Promise<void> {
  question.abort();
  question = new AbortController();
  const { signal } = question;
  clearTimeout(timer);
  asked = "";
  const text = email.value.trim();
  wipe();
  if (!text) return;
  const begun = performance.now();
  const parsed = parser.now(text) ?? (await parser.parse(text).catch(() => undefined));
  if (signal.aborted) return;
  if (parsed) showParsed(parsed, performance.now() - begun, use);
  if (!parsed || parsed.syntax.valid) timer = setTimeout(() => void ask(text, parsed), pause);
}

async function ask(text: string, parsed: Parsed | undefined): Promise<void> {
  clearTimeout(timer);
  const how = { edge, level: level.value as Level, siteKey: siteKey.value.trim() || undefined };
  if (!text || asked === text + how.level + how.siteKey) return;
  asked = text + how.level + how.siteKey;
  const { signal } = question;
  waiting(how.level);
  const wants: Ask = { ...how, signal, nonce: signs || how.siteKey ? nonce() : undefined, transcript: isLab || undefined, onProgress: (verdict) => showVerdict(verdict, parsed, false) };
  find("curl").textContent = curl(edge, text, how);
  find("same").hidden = false;
  try {
    const verdict = await verify(text, wants);
    if (!signal.aborted) show(verdict, parsed);
  } catch (error) {
    if (!signal.aborted) showProblem(error instanceof Problem ? `${error.code}: ${error.message}` : "The edge could not be reached.");
  }
}

function show(verdict: Verdict, parsed: Parsed | undefined): void {
  showVerdict(verdict, parsed, true);
  showReceipt(verdict.receipt);
  find("answer").textContent = JSON.stringify(verdict, null, 2);
}

/** Takes an address that is offered. */
function use(address: string): void {
  email.value = address;
  email.focus();
  void typed(0);
}

/** The lab's addresses, where there is a lab: a line each, the reason to expect and the address. */
async function offerLab(): Promise<void> {
  const answer = await fetch("/lab");
  const lines = answer.ok ? (await answer.text()).split("\n").filter(Boolean) : [];
  if (!lines.length) return;
  const rows = lines.map((line): [string, string] => [line.slice(line.indexOf(" ") + 1), line.slice(0, line.indexOf(" "))]);
  const some = TELLING.map((reason) => rows.find(([, other]) => other === reason)).filter((row) => row !== undefined);
  chips("lab-some", some, use);
  chips("lab-all", rows, use);
  find("lab-count").textContent = String(rows.length);
  find("lab").hidden = false;
  isLab = true;
}

async function learnWhetherItSigns(): Promise<void> {
  const answer = await fetch("/.well-known/jwks.json");
  signs = answer.ok && ((await answer.json()) as { keys: unknown[] }).keys.length > 0;
}

email.addEventListener("input", () => void typed(PAUSE));
for (const control of [level, siteKey]) control.addEventListener("change", () => void typed(0));
find("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  void typed(0);
});
find("copy").addEventListener("click", () => {
  const copy = find("copy");
  const tell = (word: string) => () => (copy.textContent = word);
  navigator.clipboard.writeText(find("curl").textContent ?? "").then(tell("Copied"), tell("Not copied"));
  setTimeout(tell("Copy"), 2000);
});
stage("syntax", "", "");
parser.load().catch(() => {});
offerLab().catch(() => {});
learnWhetherItSigns().catch(() => {});
