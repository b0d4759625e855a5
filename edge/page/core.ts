// The core in wasm: one without Unicode's tables for the first key press, one with them for whoever needs it, and the lists for whoever asks.

import { type Core, instantiate } from "./instance.js";
import type { Parsed } from "./verdict.js";

/** Where the parts come from: the edge, or the package itself. */
export interface Source {
  ascii(): Promise<WebAssembly.Module>;
  unicode(): Promise<WebAssembly.Module>;
  /** The lists of throw-away services and of free providers. */
  lists(): Promise<[disposable: string, free: string]>;
}

/** How long a failure stands, in milliseconds: a page asks at every key press, and what is refused by a policy is reported each time. */
const STANDS = 10_000;

/** Calls once and remembers; after a failure a later call tries again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  let failed = 0;
  return () => {
    if (!made || (failed && Date.now() - failed > STANDS)) {
      failed = 0;
      made = make();
      made.catch(() => (failed = Date.now()));
    }
    return made;
  };
}

/** Reads addresses. */
export class Parser {
  /** Loads what the first key press needs. */
  readonly load: () => Promise<void>;
  /** Loads the lists as well. */
  readonly learn: () => Promise<void>;
  #unicode: () => Promise<void>;
  #cores: Core[] = [];
  #lists: [string, string] | undefined;

  constructor(source: Source) {
    this.load = once(async () => this.#add(await source.ascii()));
    this.#unicode = once(async () => this.#add(await source.unicode()));
    this.learn = once(async () => {
      const lists = (this.#lists = await source.lists());
      for (const core of this.#cores) core.learn(...lists);
    });
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
    await this.load();
    if (!this.now(email)) await this.#unicode();
    return this.now(email) as Parsed;
  }

  async #add(module: WebAssembly.Module): Promise<void> {
    const core = await instantiate(module);
    if (this.#lists) core.learn(...this.#lists);
    this.#cores.push(core);
  }
}
