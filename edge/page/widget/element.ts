// `<rcpt-email>`: an element around an input, or one that makes its own. The input stays in the page's own tree, so that it belongs to its form and
// its label with or without scripts.

import { Field, type Means, type Options } from "./field.js";
import { SETTINGS, optionsOf } from "./markup.js";

const PASSED_ON = ["name", "value", "placeholder", "required", "disabled", "readonly", "form", "autocomplete", "aria-label"];

/** Defines the element, once. `defaults` are what its attributes do not say. */
export function define(means: Means, defaults: Options, name = "rcpt-email"): void {
  if (customElements.get(name)) return;
  customElements.define(
    name,
    class extends HTMLElement {
      static observedAttributes = [...PASSED_ON, ...SETTINGS];
      #field: Field | undefined;
      #own: HTMLInputElement | undefined;

      connectedCallback(): void {
        const attend = () => this.isConnected && this.#attend();
        // The parser, or whoever makes it, may not have come to the children yet.
        if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", attend, { once: true });
        else queueMicrotask(attend);
      }

      disconnectedCallback(): void {
        this.#leave();
      }

      attributeChangedCallback(name: string): void {
        if (!this.#field) return;
        if (PASSED_ON.includes(name)) return this.#passOn();
        this.#leave();
        this.#attend();
      }

      #leave(): void {
        this.#field?.detach();
        this.#field = undefined;
      }

      #attend(): void {
        const input = this.querySelector("input") ?? this.#ownInput();
        const own = defined(optionsOf(this, input));
        this.#field ??= new Field(input, means, { ...defaults, ...own, policy: { ...defaults.policy, ...own.policy } });
      }

      #ownInput(): HTMLInputElement {
        const input = (this.#own = document.createElement("input"));
        input.type = "email";
        this.#passOn();
        this.append(input);
        return input;
      }

      /** Gives its own input the attributes that are meant for it. */
      #passOn(): void {
        for (const name of PASSED_ON) {
          const value = this.getAttribute(name) ?? (name === "autocomplete" ? "email" : null);
          if (value === null) this.#own?.removeAttribute(name);
          else this.#own?.setAttribute(name, value);
        }
      }
    },
  );
}

/** Without what is undefined, which would hide a default. */
export function defined(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
