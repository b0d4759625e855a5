// How a back end checks a receipt: the signature by a key of the edge's, for this site, for this visit and for this address, once.

import { createHash } from "node:crypto";
import { domainToUnicode } from "node:url";
import { jwtVerify } from "jose";

/** The mailbox as receipts hash it: the local part in NFC, the domain in Unicode. */
function normalized(email) {
  const at = email.lastIndexOf("@");
  return `${email.slice(0, at).normalize("NFC")}@${domainToUnicode(email.slice(at + 1))}`;
}

/**
 * The status and reason that a good receipt states; throws where it is not good.
 *
 * `keys` is what `jose` made of the edge's `/.well-known/jwks.json`. `nonce` is the visit's, to which the page adds a number for each question.
 * `seen` is a set of nonces that were used; processes that share visitors share it, such as a table with a unique column.
 */
export async function checkReceipt(receipt, { keys, email, origin, nonce, seen, now = new Date() }) {
  const { payload } = await jwtVerify(receipt, keys, {
    algorithms: ["EdDSA"],
    typ: "rcpt+jwt",
    audience: origin,
    requiredClaims: ["exp", "nonce", "salt", "sub_hash"],
    currentDate: now,
  });
  if (!String(payload.nonce).startsWith(`${nonce}-`)) throw new Error("the receipt is for another visit");
  const hash = createHash("sha256").update(payload.salt + normalized(email)).digest("base64url");
  if (payload.sub_hash !== hash) throw new Error("the receipt is for another address");
  if (seen.has(payload.nonce)) throw new Error("the receipt was used before");
  seen.add(payload.nonce);
  return { status: payload.status, reason: payload.reason };
}
