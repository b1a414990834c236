import { toPrintable } from "../core/printable.ts";

/** Where the process says how it is, for the people who run it. Lines hold no tokens, no claims and no key material. */
export interface Log {
  /** What happened, for whoever looks for it. */
  info(line: string): void;
  /** What somebody has to look after. */
  warn(line: string): void;
}

export interface OperatorLog extends Log {
  /** The warnings since the last call, oldest first; the caller passes them on. */
  takeWarnings(): readonly string[];
}

/** Most warnings that wait to be taken; then the oldest go, for they are in the process's own output as well. */
const MAX_WAITING = 32;
const MAX_LENGTH = 2_000;
const NONE: readonly string[] = [];

/**
 * Kong writes what a plugin server prints at its level `info`, which is off by default. So a warning also waits for the next
 * request, in whose name it can be written to Kong's log at a level that shows.
 *
 * @param print writes one line to the process's output.
 */
export function createOperatorLog(print: (line: string) => void): OperatorLog {
  let waiting: string[] = [];
  return {
    info: (line) => print(plainLine(line)),
    warn(line) {
      print(`warning: ${plainLine(line)}`);
      waiting.push(plainLine(line));
      waiting = waiting.slice(-MAX_WAITING);
    },
    takeWarnings() {
      if (waiting.length === 0) {
        return NONE;
      }
      const taken = waiting;
      waiting = [];
      return taken;
    },
  };
}

/** One line that prints as it reads, whatever a file name or a provider's answer holds. */
function plainLine(text: string): string {
  return toPrintable(text.slice(0, MAX_LENGTH));
}
