import { toPrintable } from "../core/text/printable.ts";

/** The log for the operator. The log's lines contain no tokens, no claims and no key material. */
export interface Log {
  /** Writes a line about an event. The line is visible only if Kong's log level is `info` or `debug`. */
  info(line: string): void;
  /**
   * Writes a line about good news, or about a change that the operator waits for: for example, a policy takes effect.
   * The line is visible at Kong's default level.
   */
  notice(line: string): void;
  /** Writes a line about a problem that the operator must handle. The line is visible at Kong's default level. */
  warn(line: string): void;
}

/** A line that waits for the next answer to Kong. This answer carries the line into Kong's log. */
export interface WaitingLine {
  /** The function of `kong.log` that writes the line. */
  readonly level: "notice" | "warn";
  readonly line: string;
}

export interface OperatorLog extends Log {
  /** Returns the notices and warnings since the last call, oldest first. The caller must pass these lines on to Kong. */
  takeWarnings(): readonly WaitingLine[];
}

/**
 * Maximum number of waiting lines of each level. If more lines wait, the oldest lines are dropped. The dropped lines are still in
 * the process's own output.
 */
const MAX_WAITING = 32;
const MAX_LENGTH = 2_000;
const NONE: readonly WaitingLine[] = [];

/**
 * Kong writes the output of a plugin server to its log at the level `info`. By default, Kong's log does not show this
 * level. So notices and warnings also wait in this log until the next request. The answer to the next request also
 * contains the lines, and Kong's log shows them at a visible level.
 *
 * @param print writes one line to the process's output.
 */
export function createOperatorLog(print: (line: string, isWarning: boolean) => void): OperatorLog {
  let waiting: WaitingLine[] = [];
  const wait = (level: WaitingLine["level"], line: string): void => {
    const ofLevel = waiting.filter((other) => other.level === level);
    const dropped = ofLevel.length < MAX_WAITING ? undefined : ofLevel[0];
    waiting = [...waiting.filter((other) => other !== dropped), { level, line }];
  };
  return {
    info: (line) => print(plainLine(line), false),
    notice(line) {
      print(plainLine(line), false);
      wait("notice", plainLine(line));
    },
    warn(line) {
      print(`warning: ${plainLine(line)}`, true);
      wait("warn", plainLine(line));
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

/** Turns a text into one printable line, because file names and providers' answers may contain any character. */
function plainLine(text: string): string {
  return toPrintable(text.slice(0, MAX_LENGTH));
}
