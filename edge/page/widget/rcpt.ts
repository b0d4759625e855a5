// `rcpt.js`: attends to every `input[data-rcpt]` of the page and to `<rcpt-email>`; as a module it gives `parse`, `verify` and `attach`.

import { type Ask, verify as ask } from "../ask.js";
import { Parser, once } from "../core.js";
import type { Parsed, Verdict } from "../verdict.js";
import { define, defined } from "./element.js";
import { ATTENDED, Field, type Means, type Options } from "./field.js";
import { optionsOf } from "./markup.js";
import { remote } from "./remote.js";

export { Problem } from "../ask.js";
export type { Ask, Options, Parsed, Verdict };

const home = new URL(".", import.meta.url).href;
const script = [...document.querySelectorAll("script")].find((one) => one.src === import.meta.url);
const defaults: Options = { edge: home, ...defined(optionsOf(script)) };
const { languages, ...source } = remote(home);
const parser = new Parser(source);
const means: Means = { parser, languages: once(languages) };

/** What is to be said of a text without asking anybody. */
export async function parse(email: string): Promise<Parsed> {
  await Promise.all([parser.load(), parser.learn()]);
  return parser.parse(email);
}

/** Asks the edge that this script came from. */
export function verify(email: string, options: Partial<Ask> = {}): Promise<Verdict> {
  return ask(email, { edge: home, siteKey: defaults.siteKey, ...options });
}

/** Attends to an input; the function that it gives leaves it alone again. */
export function attach(input: HTMLInputElement, options: Options = {}): () => void {
  const field = new Field(input, means, { ...defaults, ...defined(options) });
  return () => field.detach();
}

/** Attends to what is marked, unless somebody does. */
function upgrade(input: EventTarget | undefined): void {
  if (!(input instanceof HTMLInputElement) || !input.matches("[data-rcpt]") || input.closest("rcpt-email") || ATTENDED in input) return;
  attach(input, optionsOf(script, input));
}

document.querySelectorAll("input").forEach(upgrade);
// Fields that the page makes later, in shadow trees too, are attended to when somebody goes there.
document.addEventListener("focusin", (event) => upgrade(event.composedPath()[0]));
define(means, defaults);
