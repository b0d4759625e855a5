// node tests/page/run.mjs SCENARIO: runs one of the scenarios beside this file, against EDGE and EXAMPLE, in CHROMIUM.

import { withBrowser } from "./browser.mjs";

const [name] = process.argv.slice(2);
const { default: scenario } = await import(`./${name}.mjs`);
try {
  await withBrowser(scenario);
} catch (error) {
  console.error(error.stack ?? error);
  process.exitCode = 1;
}
