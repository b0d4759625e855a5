// What is plainly missing from a text, in kinds that have messages in every language. Deliberately modest: where the core is not to be had, nothing
// is refused but what no grammar of addresses would take.

/** A kind of fault. */
export type Hint = "no_at" | "no_name" | "no_domain" | "no_dot" | "space" | "syntax_invalid";

/** The plain fault of a text, if it has one. */
export function hint(text: string): Hint | undefined {
  const at = text.lastIndexOf("@");
  const domain = text.slice(at + 1);
  if (at < 0) return "no_at";
  if (at === 0) return "no_name";
  if (!domain) return "no_domain";
  if (domain.startsWith("[")) return undefined;
  if (/\s/.test(domain) || (/\s/.test(text) && !text.startsWith('"'))) return "space";
  if (!/[.\u3002\uff0e\uff61]/.test(domain)) return "no_dot";
  if (/^[.-]|\.\.|[.-]$/.test(domain)) return "syntax_invalid";
  return undefined;
}
