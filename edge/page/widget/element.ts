// `<rcpt-email>`: an element around an input, or one that makes its own. The input stays in the page's own tree, so that it belongs to its form and
// its label with or without scripts.

import { Field, type Means, type Options } from "./field.js";
import { optionsOf } from "./markup.js";

const PASSED_ON = ["name", "value", "placeholder", "required", "autocomplete", "aria-label"];

/** Defines the element, once. `defaults` are what its attributes do not say. */
export function define(means: Means, defaults: Options, name = "rcpt-email"): void {
  if (customElements.get(name)) return;
  customElements.define(
    name,
    class extends HTMLElement {
      #field: Field | undefined;

      connectedCallback(): void {
        // The parser may not have come to the children yet.
        queueMicrotask(() => this.isConnected && this.#attend());
      }

      disconnectedCallback(): void {
        this.#field?.detach();
        this.#field = undefined;
      }

      #attend(): void {
        const input = this.querySelector("input") ?? this.#ownInput();
        this.#field ??= new Field(input, means, { ...defaults, ...defined(optionsOf(this, input)) });
      }

      #ownInput(): HTMLInputElement {
        const input = document.createElement("input");
        input.type = "email";
        input.autocomplete = "email";
        for (const attribute of PASSED_ON) {
          const value = this.getAttribute(attribute);
          if (value !== null) input.setAttribute(attribute, value);
        }
        this.append(input);
        return input;
      }
    },
  );
}

/** Without what is undefined, which would hide a default. */
export function defined(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
