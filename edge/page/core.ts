// The core in wasm: one without Unicode's tables for the first key press, one with them for whoever needs it, and the lists for whoever asks.

import initAscii, { Core as AsciiCore } from "rcpt-core/ascii.js";
import initUnicode, { Core as UnicodeCore } from "rcpt-core/unicode.js";
import type { Parsed } from "./verdict.js";

/** Where the parts come from: the edge, or the package itself. */
export interface Source {
  ascii(): Promise<WebAssembly.Module>;
  unicode(): Promise<WebAssembly.Module>;
  /** The lists of throw-away services and of free providers. */
  lists(): Promise<[disposable: string, free: string]>;
}

interface Core {
  parse(email: string): string | undefined;
  learn(disposable: string, free: string): void;
}

/** Calls once and remembers; a failure is not remembered, so that the next call tries again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
}

/** Reads addresses. */
export class Parser {
  #cores: Core[] = [];
  #lists: [string, string] | undefined;
  #ascii: () => Promise<void>;
  #unicode: () => Promise<void>;
  #learn: () => Promise<void>;

  constructor(source: Source) {
    this.#ascii = once(async () => {
      await initAscii({ module_or_path: await source.ascii() });
      this.#add(new AsciiCore());
    });
    this.#unicode = once(async () => {
      await initUnicode({ module_or_path: await source.unicode() });
      this.#add(new UnicodeCore());
    });
    this.#learn = once(async () => {
      const lists = await source.lists();
      this.#lists = lists;
      for (const core of this.#cores) core.learn(...lists);
    });
  }

  /** Loads what the first key press needs. */
  load(): Promise<void> {
    return this.#ascii();
  }

  /** Loads the lists as well. */
  learn(): Promise<void> {
    return this.#learn();
  }

  /** What is to be said of a text, where the parts that it needs are loaded. */
  now(email: string): Parsed | undefined {
    for (const core of this.#cores) {
      const json = core.parse(email);
      if (json !== undefined) return JSON.parse(json) as Parsed;
    }
    return undefined;
  }

  /** The same, once they are. */
  async parse(email: string): Promise<Parsed> {
    await this.#ascii();
    const parsed = this.now(email);
    if (parsed) return parsed;
    await this.#unicode();
    return this.now(email) as Parsed;
  }

  #add(core: Core): void {
    if (this.#lists) core.learn(...this.#lists);
    this.#cores.push(core);
  }
}
