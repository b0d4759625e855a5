// What the npm package gives: everything that `rcpt.js` does, with the core inside. Nothing here touches a document before it is asked to.

import { type Ask, verify } from "../ask.js";
import { Parser, once } from "../core.js";
import type { Parsed } from "../verdict.js";
import { define as defineElement, defined } from "../widget/element.js";
import { Field, type Means, type Options, type Outcome } from "../widget/field.js";
import type { Texts } from "../widget/messages.js";
import type { Action, Policy } from "../widget/policy.js";
import { embedded } from "./embedded.js";

export { Problem } from "../ask.js";
export type * from "../verdict.js";
export type { Action, Ask, Options, Outcome, Policy, Texts };
export { verify };

const parser = new Parser(embedded);
const languages = once(async () => (await import("../widget/messages/languages.js")).default);
const means: Means = { parser, languages };

/** What is to be said of a text without asking anybody: what `rcpt verify --level syntax` says of it. */
export async function parse(email: string): Promise<Parsed> {
  await parser.learn();
  return parser.parse(email);
}

/** Attends to an input; the function that it gives leaves it alone again. The input tells what it came to by the event `rcpt`. */
export function attach(input: HTMLInputElement, options: Options = {}): () => void {
  const field = new Field(input, means, defined(options));
  return () => field.detach();
}

/** Defines the element `<rcpt-email>`, once. */
export function define(defaults: Options = {}): void {
  defineElement(means, defaults);
}
