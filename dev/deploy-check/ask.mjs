// Runs in workerd, beside the Worker: asks it about an address that it answers by itself, and prints what it has against its settings.

import rcpt from "./index.js";

const REQUEST = {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ email: "mailbox_full@rcpt.test" }),
};

/** Bindings that say yes and hold nothing. */
const counter = { limit: async () => ({ success: true }) };
const store = { get: async () => null, put: async () => {} };

const all = (names, binding) => Object.fromEntries(names.map((name) => [name, binding]));

export default {
  async test(_controller, { production: { variables, stores, counters } }) {
    const read = new Set();
    const env = new Proxy({ ...variables, ...all(stores, store), ...all(counters, counter) }, {
      get(settings, name) {
        read.add(name);
        return settings[name];
      },
    });
    const context = { waitUntil() {}, passThroughOnException() {} };
    const answer = await rcpt.fetch(new Request("https://verify.example.com/v1/verify", REQUEST), env, context);
    await rcpt.fetch(new Request("https://verify.example.com/lab"), env, context);
    const fault = answer.status < 500 ? undefined : (await answer.json()).detail;
    const unread = [...Object.keys(variables), ...counters].filter((name) => !read.has(name));
    console.log(`heard ${JSON.stringify({ fault, unread })}`);
  },
};
