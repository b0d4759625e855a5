// What a field shows: a line below it, a button for what was probably meant, and a hidden field for the receipt.

/** How a message is meant; told by a sign and by its words, never by colour alone. */
export type Tone = "good" | "note" | "warn" | "block";

const SIGNS: Record<Tone, string> = { good: "✓", note: "·", warn: "!", block: "✗" };

// Adopted, so that a policy without inline styles has nothing against it. `light-dark` follows the page's own `color-scheme`.
const STYLE = `
.rcpt{display:flex;flex-wrap:wrap;gap:.25em .6em;align-items:baseline;margin-block:.35em;font-size:.9em;line-height:1.4;text-align:start}
.rcpt:not([data-tone]){display:block;margin:0}
.rcpt-sign{inline-size:1em;text-align:center;font-weight:700}
.rcpt-sign:empty,.rcpt-use[hidden]{display:none}
.rcpt-say{flex:0 1 auto;unicode-bidi:plaintext}
.rcpt[data-tone=good]{color:var(--rcpt-good,light-dark(#17692f,#7fd693))}
.rcpt[data-tone=warn]{color:var(--rcpt-warn,light-dark(#7a4b00,#f0c069))}
.rcpt[data-tone=block]{color:var(--rcpt-block,light-dark(#b3171c,#ff9d97))}
.rcpt-use{font:inherit;color:inherit;background:none;border:1px solid;border-radius:.4em;padding:.3em .7em;min-block-size:2em;cursor:pointer;unicode-bidi:plaintext}
.rcpt-use:focus-visible{outline:2px solid;outline-offset:2px}`;

let sheet: CSSStyleSheet | undefined;
let count = 0;

function dress(root: Node): void {
  if (!(root instanceof Document || root instanceof ShadowRoot) || !root.adoptedStyleSheets) return;
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  }
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

function element<K extends keyof HTMLElementTagNameMap>(name: K, className: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.className = className;
  return made;
}

/** The parts beside one input. */
export class View {
  #input: HTMLInputElement;
  #line = element("div", "rcpt");
  #sign = element("span", "rcpt-sign");
  #say = element("span", "rcpt-say");
  #use = element("button", "rcpt-use");
  #receipt = element("input", "");
  #described: string | null;

  constructor(input: HTMLInputElement, receiptName: string, onUse: () => void) {
    this.#input = input;
    this.#described = input.getAttribute("aria-describedby");
    this.#sign.ariaHidden = "true";
    this.#say.id = `rcpt-say-${++count}`;
    this.#say.setAttribute("aria-live", "polite");
    this.#use.type = "button";
    this.#use.hidden = true;
    this.#use.addEventListener("click", onUse);
    this.#receipt.type = "hidden";
    this.#receipt.name = receiptName;
    this.#line.append(this.#sign, this.#say, this.#use);
    // Not inside a label: its text is the field's name, and its clicks are the field's.
    (input.closest("label") ?? input).after(this.#line, this.#receipt);
    input.setAttribute("aria-describedby", [this.#described, this.#say.id].filter(Boolean).join(" "));
    dress(input.getRootNode());
  }

  /** Shows a message, and a button where there is something to use instead. */
  show(tone: Tone, text: string, use?: string): void {
    this.#line.dataset["tone"] = tone;
    this.#sign.textContent = SIGNS[tone];
    if (this.#say.textContent !== text) this.#say.textContent = text;
    this.#use.hidden = !use;
    this.#use.textContent = use ?? "";
    if (tone === "block") this.#input.setAttribute("aria-invalid", "true");
    else this.#input.removeAttribute("aria-invalid");
  }

  /** Shows nothing. */
  clear(): void {
    delete this.#line.dataset["tone"];
    this.#sign.textContent = this.#say.textContent = "";
    this.#use.hidden = true;
    this.#input.removeAttribute("aria-invalid");
  }

  /** Whether the button has the focus. */
  holdsFocus(): boolean {
    return this.#line.contains(document.activeElement);
  }

  /** Puts a receipt where the form sends it, or takes it away. */
  set receipt(receipt: string) {
    this.#receipt.value = receipt;
  }

  /** Leaves the page as it was. */
  remove(): void {
    this.clear();
    this.#line.remove();
    this.#receipt.remove();
    if (this.#described === null) this.#input.removeAttribute("aria-describedby");
    else this.#input.setAttribute("aria-describedby", this.#described);
  }
}
