// Tokens of Cloudflare's Turnstile, where the page has loaded its script. A token passes one question, so that each question has a widget of its own,
// which shows itself only where it wants to see somebody.

interface Turnstile {
  render(into: HTMLElement, how: Record<string, unknown>): string;
  remove(id: string): void;
}

/** A token for one question. */
export function token(sitekey: string, beside: HTMLElement): Promise<string> {
  const { turnstile } = globalThis as unknown as { turnstile: Turnstile };
  const box = document.createElement("div");
  let id: string;
  const made = new Promise<string>((callback, fail) => {
    beside.after(box);
    id = turnstile.render(box, { sitekey, callback, "error-callback": fail, appearance: "interaction-only", "response-field": false });
  });
  return made.finally(() => {
    if (id) turnstile.remove(id);
    box.remove();
  });
}
