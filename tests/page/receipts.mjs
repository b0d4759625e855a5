// The example's check of receipts, on receipts of the edge's contract (edge/receipts.md) that are signed here: what is true, and each part that is not.

import { createHash } from "node:crypto";
import { SignJWT, createLocalJWKSet, exportJWK, generateKeyPair } from "jose";
import { checkReceipt } from "../../edge/example/receipt.mjs";
import { expect } from "./browser.mjs";

const ORIGIN = "https://shop.example";
const VISIT = "b2c41f0a9d7e4c55b2c41f0a9d7e4c55";
const EMAIL = "ada@bücher.example";

export default async function () {
  const [ours, theirs] = await Promise.all([0, 1].map(() => generateKeyPair("Ed25519", { extractable: true })));
  const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(ours.publicKey)), kid: "ours", alg: "EdDSA" }] });
  const receipt = await sign(ours.privateKey);
  const check = (receipt, other = {}) => checkReceipt(receipt, { keys, email: EMAIL, origin: ORIGIN, nonce: VISIT, seen: new Set(), ...other });
  const found = await check(receipt, { email: "ada@xn--bcher-kva.example" });
  expect(found.status === "deliverable" && found.reason === "mailbox_accepted", "a true receipt to be believed", found);
  const seen = new Set();
  await check(receipt, { seen });
  for (const [what, checked] of [
    ["a second time", () => check(receipt, { seen })],
    ["another address", () => check(receipt, { email: "eve@bücher.example" })],
    ["another origin", () => check(receipt, { origin: "https://evil.example" })],
    ["another visit", () => check(receipt, { nonce: "another-visit-of-somebody" })],
    ["an hour later", () => check(receipt, { now: new Date(Date.now() + 3_600_000) })],
    ["another key", async () => check(await sign(theirs.privateKey))],
    ["another type", async () => check(await sign(ours.privateKey, { typ: "jwt" }))],
    ["an edited verdict", () => check(edited(receipt))],
  ]) {
    const believed = await checked().then(
      () => true,
      () => false,
    );
    expect(!believed, `${what} to be refused`);
  }
}

function sign(key, { typ = "rcpt+jwt" } = {}) {
  const salt = "AAAAAAAAAAAAAAAAAAAAAA";
  const subject = createHash("sha256").update(salt + EMAIL).digest("base64url");
  const claims = { status: "deliverable", reason: "mailbox_accepted", policy: "1", nonce: `${VISIT}-1`, salt, sub_hash: subject };
  return new SignJWT(claims).setProtectedHeader({ alg: "EdDSA", kid: "ours", typ }).setAudience(ORIGIN).setIssuedAt().setExpirationTime("10m").sign(key);
}

function edited(receipt) {
  const [header, claims, signature] = receipt.split(".");
  const said = JSON.parse(Buffer.from(claims, "base64url"));
  return [header, Buffer.from(JSON.stringify({ ...said, reason: "accept_all" })).toString("base64url"), signature].join(".");
}
