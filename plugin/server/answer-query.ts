/** Answers Kong's query command. With this command, Kong asks for the plugin's description. */
import { NAME } from "../kong/contract/plugin-identity.ts";
import { checkStart } from "./process/check-start.ts";
import { renderDump } from "./settings/dump.ts";
import type { ServerOptions } from "./settings/server-options.ts";

/** Answers Kong's query with the plugin's description, or with the reason why the server could not start. */
export async function answerQuery(options: ServerOptions): Promise<void> {
  const { fatal, warnings } = await checkStart(options);
  for (const warning of warnings) {
    process.stderr.write(`${NAME}: the plugin server will refuse all requests: ${warning}\n`);
  }
  if (fatal.length > 0) {
    refuseStart(fatal);
  } else {
    process.stdout.write(`${renderDump()}\n`);
  }
}

/**
 * The answer to Kong's query if the server could not start. Kong's own error message quotes the text of this answer, so
 * Kong's log shows why Kong does not start.
 */
export function refuseStart(reasons: readonly string[]): void {
  process.stdout.write(`${JSON.stringify(`${NAME} cannot start: ${reasons.join("; ")}`)}\n`);
  process.exitCode = 2;
}
