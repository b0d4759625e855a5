// What a person is told, in six languages. `{}` stands for the domain or the address that is meant.
//
// English comes with the script; the others are one file, loaded where one of them is wanted.

import { en } from "./messages/en.js";

/** The messages of one language. */
export type Messages = typeof en;

/** Overrides, by the same names. */
export type Texts = Partial<Messages>;

/** The other languages, by their tags. */
export type Languages = Record<string, Messages>;

/** The first part of a language tag such as `de-AT`. */
export function primary(tag: string): string {
  return tag.split("-", 1)[0]?.toLowerCase() ?? "";
}

/** The text with what is meant put in, isolated so that it keeps its direction (Unicode, UAX #9 §2.4). */
export function say(text: string, what: string): string {
  return text.replace("{}", () => `\u2068${what}\u2069`);
}
