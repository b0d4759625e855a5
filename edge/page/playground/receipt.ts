// What a receipt says (RFC 7515 §3: header and claims in base64url). Its signature is not looked at: the page that asked knows whom it asked.

/** Header and claims. */
export function claims(receipt: string): { header: unknown; claims: unknown } {
  const [header = "", body = ""] = receipt.split(".");
  return { header: decode(header), claims: decode(body) };
}

function decode(part: string): unknown {
  const octets = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(octets));
}
