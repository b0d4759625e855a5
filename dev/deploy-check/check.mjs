// Has the built Worker say, in workerd, what it makes of the variables and bindings of production. Secrets are not in wrangler.toml: it is asked with
// others in their place, and once more with none, for what it says then is what is to be put.

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import workerd from "workerd";
import { unstable_readConfig as readConfig } from "wrangler";

const STAND_INS = { RCPT_SECRET: "a secret in place of production's", RCPT_TURNSTILE_SECRET: "another" };

const { config: path } = parseArgs({ options: { config: { type: "string" } } }).values;
const config = readConfig({ config: path, env: "production" }, { hideWarnings: true });
const text = JSON.stringify;

/** workerd.capnp. There is no way out. */
const worker = (env) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [
  (name = "main", worker = (
    compatibilityDate = ${text(config.compatibility_date)},
    compatibilityFlags = ${text(config.compatibility_flags)},
    modules = [
      (name = "ask.mjs", esModule = embed "ask.mjs"),
      (name = "index.js", esModule = embed "index.js"),
      (name = "index_bg.wasm", wasm = embed "index_bg.wasm"),
    ],
    bindings = [(name = "production", json = ${text(text(env))})],
    globalOutbound = "nowhere",
  )),
  (name = "nowhere", network = (allow = [])),
]);`;

/** What the Worker answers with these secrets: what it says against them, and the names that it never looks at. */
function ask(secrets) {
  const folder = mkdtempSync(join(tmpdir(), "rcpt-deploy-check-"));
  try {
    for (const file of ["edge/build/index.js", "edge/build/index_bg.wasm", "dev/deploy-check/ask.mjs"]) {
      copyFileSync(file, join(folder, file.split("/").at(-1)));
    }
    const env = {
      variables: { ...secrets, ...config.vars },
      stores: config.kv_namespaces.map(({ binding }) => binding),
      counters: config.ratelimits.map(({ name }) => name),
    };
    writeFileSync(join(folder, "config.capnp"), worker(env));
    const { stdout, stderr, error } = spawnSync(workerd.default, ["test", join(folder, "config.capnp")], { encoding: "utf8", timeout: 60_000 });
    const found = /^heard (.*)$/m.exec(stdout);
    if (!found) throw error ?? new Error(`expected the Worker's answer, found none: ${stdout}${stderr}`);
    return JSON.parse(found[1]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { fault, unread } = ask(STAND_INS);
const strange = unread.map((name) => `${name}: the Worker looks at nothing of that name (docs/settings.md)`);
const faults = [...(fault ? [fault] : []), ...strange];
if (faults.length > 0) {
  console.error(`deploy-check: expected what the Worker of production can work with, found: ${faults.join("; ")}`);
  process.exit(1);
}
console.log("deploy-check: the Worker works with the variables and bindings of production");
const { fault: without } = ask({});
if (without) {
  console.log(`deploy-check: it wants secrets, which \`dev/wrangler.sh secret put NAME --env production\` asks for: ${without}`);
}
