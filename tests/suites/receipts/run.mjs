// Puts the receipts on standard input, one question in JSON a line, to the function that edge/receipts.md shows.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { checkReceipt } = await import(pathToFileURL(process.argv[2]));
for await (const line of createInterface({ input: process.stdin })) {
  const { receipt, email, origin, nonce, now } = JSON.parse(line);
  try {
    const { status, reason } = await checkReceipt(receipt, { email, origin, nonce, now: new Date(now * 1000) });
    console.log(`${status} ${reason}`);
  } catch (error) {
    console.log(`refused: ${error.message}`);
  }
}
