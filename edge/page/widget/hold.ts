// What the form is held to by a verdict: validity and receipt. Both are about one text at one time, and go when either is over, whoever changed the
// text. A fault that the page's own code found stands.

/** A receipt is let go so long before it expires, in milliseconds, since the form is on its way for some time. */
const MARGIN = 5_000;
/** The longest receipt that is sent along. */
const LONGEST = 4_096;

const VALUE = Object.getOwnPropertyDescriptor(globalThis.HTMLInputElement?.prototype ?? {}, "value");

/** Puts a text into an input as a person would: frameworks that watch the input's own `value` see a change in the event that follows. */
export function put(input: HTMLInputElement, text: string): void {
  VALUE?.set?.call(input, text);
}

export class Hold {
  #input: HTMLInputElement;
  #receipt: HTMLInputElement;
  #ends: AbortSignal;
  #onOther: () => void;
  #onReset: () => void;
  #onData = ({ formData }: FormDataEvent) => this.#check(formData);
  #text = "";
  #refusal = "";
  #until = Infinity;
  #unwatch: (() => void) | undefined;

  /** `onOther` is told that a script has put in another text, `onReset` that the form was reset. */
  constructor(input: HTMLInputElement, receipt: HTMLInputElement, ends: AbortSignal, onOther: () => void, onReset: () => void) {
    this.#input = input;
    this.#receipt = receipt;
    this.#ends = ends;
    this.#onOther = onOther;
    // The event comes before the values go.
    this.#onReset = () => setTimeout(onReset);
  }

  /** Whether there was a receipt, and its time is over. */
  get isOver(): boolean {
    return Date.now() > this.#until;
  }

  /** Holds the form to what is known of `text`: a refusal or none, a receipt or none. */
  take(text: string, refusal: string, receipt: unknown): void {
    this.#text = text;
    this.#refuse(refusal);
    const life = typeof receipt === "string" && receipt.length <= LONGEST ? lifeOf(receipt) : 0;
    this.#receipt.value = life > 0 ? (receipt as string) : "";
    this.#until = life > 0 ? Date.now() + life : Infinity;
    // The form that it belongs to now; who listens there already is not heard twice.
    for (const [event, act] of [["formdata", this.#onData], ["reset", this.#onReset]] as const)
      this.#input.form?.addEventListener(event, act as EventListener, { signal: this.#ends });
    this.#unwatch ??= watch(this.#input, () => this.#input.value !== this.#text && this.#onOther());
  }

  /** Holds it to nothing. */
  release(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#receipt.value = "";
    this.#until = Infinity;
    this.#refuse("");
  }

  #refuse(text: string): void {
    const { validity, validationMessage, willValidate } = this.#input;
    const isOurs = this.#refusal && (!willValidate || validationMessage === this.#refusal);
    if (validity.customError && !isOurs) text = this.#refusal = "";
    else {
      this.#input.setCustomValidity(text);
      // As the browser has it: some cut it short.
      this.#refusal = text && (this.#input.validationMessage || text);
    }
  }

  /** As the form is sent: no receipt goes along but with the very text that it is about, and in time. */
  #check(data: FormData): void {
    const isSent = this.#input.value === this.#text && !this.isOver && !this.#input.matches(":disabled");
    if (!isSent) data.delete(this.#receipt.name);
  }
}

/** Calls `act` whenever a script sets the value, until what it gives is called. */
function watch(input: HTMLInputElement, act: () => void): () => void {
  const own = Object.getOwnPropertyDescriptor(input, "value");
  const { get, set } = own ?? VALUE ?? {};
  if (!get || !set || own?.configurable === false) return () => {};
  const seen = (text: string) => {
    set.call(input, text);
    act();
  };
  Object.defineProperty(input, "value", { configurable: true, get: () => get.call(input) as string, set: seen });
  return () => {
    act = () => {};
    if (Object.getOwnPropertyDescriptor(input, "value")?.set !== seen) return;
    if (own) Object.defineProperty(input, "value", own);
    else delete (input as Partial<HTMLInputElement>).value;
  };
}

/** How long a receipt is good for from now, in milliseconds, by its own account (RFC 7519 §4.1); nothing where it is no receipt. */
function lifeOf(receipt: string): number {
  try {
    const claims = receipt.split(".")[1] as string;
    const { iat, exp } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/"))) as { iat: number; exp: number };
    return (exp - iat) * 1000 - MARGIN;
  } catch {
    return 0;
  }
}
