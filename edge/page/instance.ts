// One core in wasm, by the conventions of the wasm-bindgen that dev/setup.sh builds it with: texts go in and come out as UTF-8 in its memory, and what it
// imports (a table for objects, which it does not use, and a way to throw, after which it traps anyway) does nothing. wasm-bindgen's own script knows
// much more than that, once for each core, and would be a quarter of `rcpt.js`.

interface Exports {
  memory: WebAssembly.Memory;
  __wbindgen_start(): void;
  __wbindgen_malloc(size: number, align: number): number;
  __wbindgen_free(at: number, size: number, align: number): void;
  core_new(): number;
  core_learn(core: number, at: number, length: number, at2: number, length2: number): void;
  core_parse(core: number, at: number, length: number): [at: number, length: number];
}

/** What a core does (`shared/src/browser.rs`). */
export interface Core {
  /** What is to be said of a text, as JSON; nothing where it takes Unicode's tables, and this core has none. */
  parse(email: string): string | undefined;
  /** Takes the lists. */
  learn(disposable: string, free: string): void;
}

/** A core of its own. */
export async function instantiate(module: WebAssembly.Module): Promise<Core> {
  const imports: Record<string, Record<string, () => void>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = () => {};
  const wasm = (await WebAssembly.instantiate(module, imports)).exports as unknown as Exports;
  wasm.__wbindgen_start();
  const core = wasm.core_new();
  const put = (text: string): [at: number, length: number] => {
    const octets = new TextEncoder().encode(text);
    const at = wasm.__wbindgen_malloc(octets.length, 1) >>> 0;
    new Uint8Array(wasm.memory.buffer).set(octets, at);
    return [at, octets.length];
  };
  return {
    parse(email) {
      const [at, length] = wasm.core_parse(core, ...put(email));
      if (!at) return undefined;
      const text = new TextDecoder().decode(new Uint8Array(wasm.memory.buffer, at >>> 0, length));
      wasm.__wbindgen_free(at, length, 1);
      return text;
    },
    learn: (disposable, free) => wasm.core_learn(core, ...put(disposable), ...put(free)),
  };
}
