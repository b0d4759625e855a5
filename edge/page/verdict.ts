// The public contract in types: what the edge answers, and what the core says of a text alone.

/** The four-valued answer to *can this mailbox receive mail?* */
export type Status = "deliverable" | "risky" | "undeliverable" | "unknown";

/** Why. The list is closed. */
export type Reason =
  | "mailbox_accepted"
  | "accept_all"
  | "mailbox_full"
  | "syntax_invalid"
  | "domain_not_found"
  | "domain_accepts_no_mail"
  | "domain_not_hosted"
  | "mailbox_not_found"
  | "mailbox_disabled"
  | "not_probed"
  | "dns_unavailable"
  | "connect_failed"
  | "timed_out"
  | "greylisted"
  | "rate_limited"
  | "sender_blocked"
  | "policy_refused"
  | "sender_rejected"
  | "server_error"
  | "unverifiable"
  | "prober_unavailable";

/** Whom a reason is about. */
export type About = "mailbox" | "domain" | "us" | "transient";

/** How far a question is followed. */
export type Level = "syntax" | "dns" | "smtp";

/** The address in its forms. */
export interface Mailbox {
  local_part: string;
  domain: string;
  /** For showing and sending. */
  normalized: string;
  /** For telling duplicates apart; never sent to. */
  canonical: string;
  /** With the domain in A-labels; null where the local part is not ASCII. */
  ascii: string | null;
  subaddress: string | null;
  smtputf8: boolean;
}

/** Whether the text is an address; if not, why and at which octet. */
export interface Syntax {
  valid: boolean;
  error: string | null;
  position: number | null;
}

/** What the core says of a text without asking anybody. */
export interface Parsed {
  email: string;
  status: Status;
  reason: Reason;
  about: About;
  explanation: string;
  mailbox: Mailbox | null;
  syntax: Syntax;
  /** `disposable` and `free` are null as long as the lists are not loaded. */
  traits: { disposable: boolean | null; free: boolean | null; role: boolean; relay: boolean };
  /** The whole address with the domain that was probably meant. */
  suggestion: string | null;
  policy: string;
}

/** What a page learns with a site key. */
export interface FormAnswer {
  status: Status;
  reason: Reason;
  explanation: string;
  suggestion: string | null;
  /** The signed verdict for your back end; null or absent where none was asked for, or the edge has no keys. */
  receipt?: string | null;
  request_id: string;
}

/** The answer of an edge; with a site key only the part of `FormAnswer`. */
export interface Verdict extends FormAnswer {
  email?: string;
  about?: About;
  mailbox?: Mailbox | null;
  syntax?: Syntax;
  traits?: { disposable: boolean; free: boolean; role: boolean; relay: boolean; accept_all: "yes" | "no" | "unknown" };
  dns?: { route: string; mx: { preference: number; exchange: string }[]; operator: string | null; authenticated: boolean } | null;
  smtp?: {
    host: string;
    ip: string | null;
    stage: string;
    code: number | null;
    enhanced: string | null;
    text: string | null;
    tls: boolean;
  } | null;
  retry_after_s?: number | null;
  as_of?: string;
  expires_at?: string;
  policy?: string;
  /** What was said to the mail server and by it, in a lab. */
  transcript?: string[];
  timing_ms?: { syntax: number | null; dns: number | null; smtp: number | null };
}
