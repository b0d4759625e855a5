// The parts of the core as the edge serves them, each held to the hash that was built in.

import type { Source } from "../core.js";
import type { Languages } from "./messages.js";

/** A file under its name, with its hash. */
interface File {
  name: string;
  integrity: string;
}

declare const ASCII: File;
declare const UNICODE: File;
declare const LISTS: File;
declare const LANGUAGES: File;

export function remote(home: string): Source & { languages(): Promise<Languages> } {
  const get = ({ name, integrity }: File) => fetch(new URL(name, home), { integrity, credentials: "omit" });
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
