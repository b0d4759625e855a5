// The same question as a command.

import type { Level } from "../verdict.js";

/** `curl` with the question, quoted for any shell of POSIX. */
export function curl(edge: string, email: string, { level, siteKey }: { level: Level; siteKey?: string | undefined }): string {
  const body = JSON.stringify(level === "smtp" ? { email } : { email, level });
  const site = siteKey ? ` -H ${quote(`x-rcpt-site: ${siteKey}`)}` : "";
  return `curl -s ${edge}/v1/verify -H 'content-type: application/json'${site} -d ${quote(body)}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
