// Settings as attributes: of the script, of an element around the input, and of the input itself; the nearest wins.

import type { Level } from "../verdict.js";
import type { Options } from "./field.js";
import type { Texts } from "./messages.js";
import { parsePolicy } from "./policy.js";

/** The settings. `data-rcpt-policy`, on our own elements `policy`, on the script `data-policy`. */
export const SETTINGS = ["edge", "site-key", "level", "policy", "nonce", "receipt", "texts", "lang", "turnstile"];

/** The options that the elements' attributes name, the last element's before those of the first. */
export function optionsOf(...elements: (Element | null | undefined)[]): Options {
  const said = (name: string) => elements.map((element) => element?.getAttribute(`data-rcpt-${name}`) ?? element?.getAttribute(ownName(element, name)));
  const [edge, siteKey, level, , nonce, receiptName, own, language, turnstile] = SETTINGS.map((name) => said(name).filter(Boolean).pop() ?? undefined);
  const policy = parsePolicy(said("policy").join(" "));
  return { edge, siteKey, level: level as Level | undefined, policy, nonce, receiptName, texts: texts(own), language, turnstile };
}

/** A script has `data-site-key`, an element of ours `site-key`, an input neither. */
function ownName(element: Element, name: string): string {
  return element.localName === "script" ? `data-${name}` : element.localName.includes("-") ? name : "";
}

function texts(json: string | undefined): Texts | undefined {
  if (!json) return undefined;
  try {
    const said = Object.entries(JSON.parse(json) as object);
    return Object.fromEntries(said.filter(([, text]) => typeof text === "string")) as Texts;
  } catch {
    console.warn("rcpt: expected texts as JSON");
    return undefined;
  }
}
