// The parts of the core as the edge serves them, each held to the hash that was built in.

import type { Source } from "../core.js";
import type { Languages } from "./messages.js";

/** A file with its hash, of which its name has a part. */
interface File {
  part: string;
  type: string;
  integrity: string;
}

declare const ASCII: File;
declare const UNICODE: File;
declare const LISTS: File;
declare const LANGUAGES: File;

/** How long a part may take, in milliseconds; without it the modest check stands in. */
const PATIENCE = 20_000;

export function remote(home: string): Source & { languages(): Promise<Languages> } {
  const get = ({ part, type, integrity }: File) =>
    fetch(`${home}rcpt-${part}-${integrity.slice(7, 19).replace(/\W/g, "_")}.${type}`, { integrity, credentials: "omit", referrerPolicy: "no-referrer", signal: AbortSignal.timeout(PATIENCE) });
  const compile = (file: File) => WebAssembly.compileStreaming(get(file));
  return {
    ascii: () => compile(ASCII),
    unicode: () => compile(UNICODE),
    lists: async () => {
      const [disposable = "", free = ""] = (await (await get(LISTS)).text()).split("\n\n");
      return [`${disposable}\n`, free];
    },
    languages: async () => (await get(LANGUAGES)).json(),
  };
}
