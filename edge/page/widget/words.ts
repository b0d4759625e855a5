// Which message an outcome has.

import type { Parsed, Reason, Verdict } from "../verdict.js";
import { hint } from "./hint.js";
import { type Messages, say } from "./messages.js";
import { en } from "./messages/en.js";
import { type Action, type Policy, type Trait, actionOn } from "./policy.js";

/** What is known of a text so far. */
export interface Said {
  email: string;
  reason: Reason;
  parsed?: Parsed | undefined;
  verdict?: Verdict | undefined;
  /** The whole address that was probably meant. */
  suggestion?: string | undefined;
}

/** What is to be done about all that is known, at its strictest. */
export function actionAbout({ reason, parsed, verdict }: Said, policy: Policy): Action {
  const actions = [actionOn(reason, policy), ...traitsOf(parsed, verdict).map((trait) => actionOn(trait, policy))];
  return (["block", "warn"] as const).find((action) => actions.includes(action)) ?? "allow";
}

/** What is said about it; nothing where there is nothing to say. */
export function textOf({ email, reason, parsed, verdict }: Said, action: Action, policy: Policy, texts: Messages): string {
  const trait = traitsOf(parsed, verdict).find((trait) => action !== "allow" && actionOn(trait, policy) === action);
  if (trait && actionOn(reason, policy) !== action) return texts[trait];
  if (reason === "not_probed") return "";
  if (reason === "syntax_invalid") return textOfFault(email, parsed, texts);
  const text = Object.hasOwn(texts, reason) ? texts[reason as keyof Messages] : texts.unknown;
  return say(text, parsed?.mailbox?.domain ?? domainOf(email));
}

/** The kind of fault where it is a plain one; in English else the core's own words. */
function textOfFault(email: string, parsed: Parsed | undefined, texts: Messages): string {
  const plain = hint(email);
  if (plain && plain !== "syntax_invalid") return texts[plain];
  const isOurs = texts.syntax_invalid === en.syntax_invalid;
  return isOurs && parsed ? parsed.explanation : texts.syntax_invalid;
}

function traitsOf(parsed: Parsed | undefined, verdict: Verdict | undefined): Trait[] {
  const traits = verdict?.traits ?? parsed?.traits;
  return traits ? (["disposable", "free", "role"] as const).filter((trait) => traits[trait]) : [];
}

/** What stands behind the last @. */
export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf("@") + 1);
}

/** The address with the domain that an edge suggests. Nothing else of what it suggests is taken: it may have been asked about another mailbox there. */
export function meantBy(email: string, suggestion: unknown): string | undefined {
  const domain = typeof suggestion === "string" && suggestion.length < 400 && domainOf(suggestion);
  return domain ? email.slice(0, email.lastIndexOf("@") + 1) + domain : undefined;
}
