// What a field shows: a line below it, a button for what was probably meant, and a hidden field for the receipt.

/** How a message is meant; told by a sign and by its words, never by colour alone. */
export type Tone = "good" | "note" | "warn" | "block";

const SIGNS: Record<Tone, string> = { good: "✓", note: "·", warn: "!", block: "✗" };

// Adopted, so that a policy without inline styles has nothing against it. `light-dark` follows the page's own `color-scheme`.
const STYLE = `
.rcpt{display:flex;flex-wrap:wrap;gap:.25em .6em;align-items:baseline;margin-block:.35em;font-size:.9em;line-height:1.4;text-align:start;overflow-wrap:anywhere}
.rcpt:not([data-tone]){display:block;margin:0}
.rcpt-sign{inline-size:1em;text-align:center;font-weight:700}
.rcpt-sign:empty,.rcpt-use[hidden]{display:none}
.rcpt-say{max-inline-size:calc(100% - 1.7em);unicode-bidi:plaintext}
.rcpt[data-tone=good]{color:var(--rcpt-good,light-dark(#17692f,#7fd693))}
.rcpt[data-tone=warn]{color:var(--rcpt-warn,light-dark(#7a4b00,#f0c069))}
.rcpt[data-tone=block]{color:var(--rcpt-block,light-dark(#b3171c,#ff9d97))}
.rcpt-use{font:inherit;color:inherit;background:none;border:1px solid;border-radius:.4em;padding:.3em .7em;min-block-size:2em;max-inline-size:100%;cursor:pointer;unicode-bidi:plaintext}
.rcpt-use:focus-visible{outline:2px solid;outline-offset:2px}`;

let sheet: CSSStyleSheet | undefined;

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
  /** The hidden field, which the form sends. */
  readonly receipt = element("input", "");
  /** What is shown; whoever knows the language of it says so there. */
  readonly line = element("div", "rcpt");
  #input: HTMLInputElement;
  #sign = element("span", "rcpt-sign");
  #say = element("span", "rcpt-say");
  #use = element("button", "rcpt-use");
  #gone: () => void;
  #moves = new MutationObserver(() => this.#moved());
  #isMarked = false;

  /**
   * `use` hears that the button was pressed, `left` that the focus has left it for something else than the input, `gone` that the input was taken out of
   * the page.
   */
  constructor(input: HTMLInputElement, receiptName: string, use: () => void, left: () => void, gone: () => void) {
    this.#input = input;
    this.#gone = gone;
    this.#sign.ariaHidden = "true";
    this.#say.id = `rcpt-${Math.random().toString(36).slice(2)}`;
    this.#say.ariaLive = "polite";
    this.#use.type = "button";
    this.#use.hidden = true;
    this.#use.addEventListener("click", use);
    // The focus stays where it is: whoever points at the button has not left the field.
    this.#use.addEventListener("mousedown", (event) => event.preventDefault());
    this.#use.addEventListener("blur", ({ relatedTarget }) => relatedTarget === input || left());
    this.receipt.type = "hidden";
    this.receipt.name = receiptName;
    this.line.append(this.#sign, this.#say, this.#use);
    this.place();
  }

  /** What it stands behind: not inside a label, whose text is the field's name, and whose clicks are the field's. */
  get #anchor(): Element {
    return this.#input.closest("label") ?? this.#input;
  }

  /** Stands behind the input, wherever the page has put it. */
  place(): void {
    const input = this.#input;
    const anchor = this.#anchor;
    const parent = anchor.parentNode;
    if (!parent) return;
    if (anchor.nextSibling !== this.line) {
      anchor.after(this.line);
      dress(input.getRootNode());
      this.#moves.disconnect();
      this.#moves.observe(parent, { childList: true });
    }
    const form = input.getAttribute("form");
    if (form) this.receipt.setAttribute("form", form);
    if (this.receipt.parentNode !== parent && !this.#isTaken()) this.line.after(this.receipt);
    if (!this.#described.includes(this.#say.id)) this.#described += ` ${this.#say.id}`;
  }

  /** Whether another field of the form has the receipt's name: a back end would find two, and the page's code a list where it expects a field. */
  #isTaken(): boolean {
    const there = this.#input.form?.elements.namedItem(this.receipt.name);
    if (!there || there === this.receipt) return false;
    console.warn(`rcpt: expected no other field ${this.receipt.name}`);
    return true;
  }

  #moved(): void {
    if (this.#input.isConnected) {
      // Where it is not at once behind it, it stays: others may insist on that place, too.
      if (this.line.parentNode !== this.#anchor.parentNode) this.place();
      return;
    }
    this.line.remove();
    this.receipt.remove();
    this.#gone();
  }

  /** The ids of what describes the input, of which one is ours. */
  get #described(): string {
    return this.#input.getAttribute("aria-describedby") ?? "";
  }

  set #described(ids: string) {
    if (ids.trim()) this.#input.setAttribute("aria-describedby", ids.trim());
    else this.#input.removeAttribute("aria-describedby");
  }

  /** Whether nothing is shown. */
  get isEmpty(): boolean {
    return !this.line.dataset["tone"];
  }

  /** Whether something to use instead is shown. */
  get offers(): boolean {
    return !this.#use.hidden;
  }

  /** Shows a message, and a button where there is something to use instead. */
  show(tone: Tone, text: string, use?: string): void {
    this.place();
    this.line.dataset["tone"] = tone;
    this.#sign.textContent = SIGNS[tone];
    if (this.#say.textContent !== text) this.#say.textContent = text;
    this.#use.hidden = !use;
    this.#use.textContent = use ?? "";
    this.#mark(tone === "block");
  }

  /** Shows nothing. */
  clear(): void {
    delete this.line.dataset["tone"];
    this.#sign.textContent = this.#say.textContent = "";
    this.#use.hidden = true;
    this.#mark(false);
  }

  /** Marks the input invalid, or takes our own mark away; a mark of the page's stays. */
  #mark(isInvalid: boolean): void {
    if (isInvalid === this.#isMarked || (isInvalid && this.#input.ariaInvalid === "true")) return;
    this.#isMarked = isInvalid;
    this.#input.ariaInvalid = isInvalid ? "true" : null;
  }

  /** Leaves the page as it was. */
  remove(): void {
    this.clear();
    this.#moves.disconnect();
    this.line.remove();
    this.receipt.remove();
    this.#described = this.#described.replace(this.#say.id, "");
  }
}
