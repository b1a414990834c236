import { messageOf } from "../core/text/error-message.ts";
import { DecisionLog } from "../observe/decisions/decision-log.ts";
import { FileSink } from "../observe/decisions/file-sink.ts";
import type { DecisionLogSettings } from "../observe/decisions/log-settings.ts";
import { openDecisionLogSettings } from "../runtime/decision-log-settings.ts";
import type { ServerProcess } from "./server-process.ts";
import type { ServerOptions } from "./settings/server-options.ts";

/**
 * If standard output is a full pipe, Node's own write blocks the process. So the decision log opens standard output a
 * second time, in a mode that does not block.
 */
const STDOUT = "/dev/stdout";
/** How many milliseconds an ending process waits until its last lines are written. */
const MAX_CLOSE_MS = 1_000;

/** The settings of the decision log, and its open file. */
export interface OpenLog {
  readonly settings: DecisionLogSettings;
  readonly sink: FileSink;
}

/**
 * Opens the file of the decision log. The options name the file with the settings of the decision log.
 *
 * @throws Error if the settings file has mistakes, or if the log file cannot be opened.
 */
export async function openLogFile({
  decisionLog,
  launched,
}: Pick<ServerOptions, "decisionLog" | "launched">): Promise<OpenLog | undefined> {
  if (decisionLog === undefined) {
    return undefined;
  }
  const settings = await openDecisionLogSettings(decisionLog);
  if (settings.to === "stdout" && launched !== undefined) {
    throw new Error(
      `${decisionLog}: a plugin server that a launcher started has no standard output. Name a file in "to".`,
    );
  }
  const sink = new FileSink(settings.to === "stdout" ? STDOUT : settings.to);
  await sink.open().catch((error: unknown) => {
    throw new Error(`${decisionLog}: the decision log cannot be opened: ${messageOf(error)}`);
  });
  return { settings, sink };
}

/** Starts the decision log, which runs until the process ends. */
export function startDecisionLog({ log, lifecycle }: ServerProcess, opened: OpenLog): DecisionLog {
  const decisions = new DecisionLog({ ...opened, now: Date.now, warn: log.warn });
  process.on("SIGUSR2", () => decisions.reopen());
  process.on("exit", () => decisions.writeLast());
  lifecycle.beforeExit(MAX_CLOSE_MS, () => decisions.close());
  return decisions;
}
