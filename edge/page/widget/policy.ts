// What a site does about a reason.

import type { Reason } from "../verdict.js";

/** Says nothing against it; says something; or keeps the form from being sent. */
export type Action = "allow" | "warn" | "block";

/** Traits that a site may care about. */
export type Trait = "disposable" | "free" | "role";

/** What is done about which reason or trait. */
export type Policy = Partial<Record<Reason | Trait, Action>>;

/** Only what is certain blocks; everything that is not named is allowed. */
const DEFAULT: Policy = {
  syntax_invalid: "block",
  domain_not_found: "block",
  domain_accepts_no_mail: "block",
  mailbox_not_found: "block",
  domain_not_hosted: "warn",
  mailbox_disabled: "warn",
  mailbox_full: "warn",
};

const SETTLED = /^(syntax_|domain_|mailbox_|accept_all|disposable|free|role)/;

/** What to do. What is unknown never blocks, whatever a site asks for: it says nothing about the mailbox. */
export function actionOn(reason: Reason | Trait, policy: Policy): Action {
  const action = policy[reason] ?? DEFAULT[reason] ?? "allow";
  return action === "block" && !SETTLED.test(reason) ? "warn" : action;
}

/** Reads `mailbox_full=block disposable=warn`. */
export function parsePolicy(text: string): Policy {
  const policy: Record<string, Action> = {};
  for (const [, reason, action] of text.matchAll(/([a-z_]+)\s*[=:]\s*(allow|warn|block)\b/g)) policy[reason as string] = action as Action;
  return policy;
}
