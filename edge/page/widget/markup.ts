// Settings as attributes: of the script, of an element around the input, and of the input itself; the nearest wins.

import type { Level } from "../verdict.js";
import type { Options } from "./field.js";
import type { Texts } from "./messages.js";
import { parsePolicy } from "./policy.js";

/** The options that the elements' attributes name, the last element's before those of the first. `data-rcpt-policy`, on our own elements `policy`. */
export function optionsOf(...elements: (Element | null | undefined)[]): Options {
  const named = (name: string) => {
    const values = elements.map((element) => element?.getAttribute(`data-rcpt-${name}`) ?? element?.getAttribute(ownName(element, name)));
    return values.filter(Boolean).pop() ?? undefined;
  };
  const policies = elements.map((element) => element?.getAttribute("data-rcpt-policy") ?? element?.getAttribute(ownName(element, "policy")));
  return {
    edge: named("edge"),
    siteKey: named("site-key"),
    level: named("level") as Level | undefined,
    policy: parsePolicy(policies.filter(Boolean).join(" ")),
    nonce: named("nonce"),
    receiptName: named("receipt"),
    texts: texts(named("texts")),
    language: named("lang"),
  };
}

/** A script has `data-site-key`, an element of ours `site-key`, an input neither. */
function ownName(element: Element, name: string): string {
  return element.localName === "script" ? `data-${name}` : element.localName.includes("-") ? name : "";
}

function texts(json: string | undefined): Texts | undefined {
  if (!json) return undefined;
  try {
    return JSON.parse(json) as Texts;
  } catch {
    console.warn("rcpt: expected JSON in data-rcpt-texts, found something else");
    return undefined;
  }
}
