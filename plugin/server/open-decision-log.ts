import { messageOf } from "../core/text/error-message.ts";
import { DecisionLog } from "../observe/decisions/decision-log.ts";
import { FileSink } from "../observe/decisions/file-sink.ts";
import { openDecisionLogSettings } from "../runtime/decision-log-settings.ts";
import type { ServerProcess } from "./server-process.ts";

/**
 * If standard output is a full pipe, Node's own write blocks the process. So the decision log opens standard output
 * again, in a mode that does not block.
 */
const STDOUT = "/dev/stdout";
/** How long an ending process waits for its last lines to be written, in milliseconds. */
const MAX_CLOSE_MS = 1_000;

/**
 * Opens the decision log with the settings file that the options name.
 *
 * @throws Error if the settings file has mistakes, or if the log file cannot be opened.
 */
export async function openDecisionLog({ options, log, lifecycle }: ServerProcess): Promise<DecisionLog | undefined> {
  if (options.decisionLog === undefined) {
    return undefined;
  }
  const settings = await openDecisionLogSettings(options.decisionLog);
  if (settings.to === "stdout" && options.launched !== undefined) {
    throw new Error(
      `${options.decisionLog}: a plugin server that a launcher started has no standard output. Name a file in "to".`,
    );
  }
  const sink = new FileSink(settings.to === "stdout" ? STDOUT : settings.to);
  await sink.open().catch((error: unknown) => {
    throw new Error(`${options.decisionLog}: the decision log cannot be opened: ${messageOf(error)}`);
  });
  const decisions = new DecisionLog({ settings, sink, now: Date.now, warn: log.warn });
  process.on("SIGUSR2", () => decisions.reopen());
  process.on("exit", () => decisions.writeLast());
  lifecycle.beforeExit(MAX_CLOSE_MS, () => decisions.close());
  return decisions;
}
