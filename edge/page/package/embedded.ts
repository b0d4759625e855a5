// The parts of the core as modules, so that every bundler and Node find them; each is loaded when it is wanted.

import type { Source } from "../core.js";

export const embedded: Source = {
  ascii: async () => compile((await import("rcpt-embedded/ascii.js")).default),
  unicode: async () => compile((await import("rcpt-embedded/unicode.js")).default),
  lists: async () => (await import("rcpt-embedded/lists.js")).default,
};

function compile(base64: string): Promise<WebAssembly.Module> {
  return WebAssembly.compile(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
}
