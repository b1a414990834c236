import { toPrintable } from "../core/text/printable.ts";

/** The log for the operator. Lines contain no tokens, no claims and no key material. */
export interface Log {
  /** An event; shows at Kong's level `info` only. */
  info(line: string): void;
  /** Good news and changes that the operator waits for, such as a policy that takes effect; shows at Kong's default level. */
  notice(line: string): void;
  /** A problem that the operator must handle; shows at Kong's default level. */
  warn(line: string): void;
}

/** A line that waits for the next answer to Kong. */
export interface WaitingLine {
  /** The function of `kong.log` that writes it. */
  readonly level: "notice" | "warn";
  readonly line: string;
}

export interface OperatorLog extends Log {
  /** The notices and warnings since the last call, oldest first; the caller passes them on. */
  takeWarnings(): readonly WaitingLine[];
}

/** Maximum number of waiting lines of each level. Beyond it the oldest are dropped. The process's own output has them as well. */
const MAX_WAITING = 32;
const MAX_LENGTH = 2_000;
const NONE: readonly WaitingLine[] = [];

/**
 * Kong writes what a plugin server prints at its level `info`, which is off by default. So notices and warnings also wait for the
 * next request. With it, they can be written to Kong's log at a visible level.
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

/** One printable line, whatever a file name or a provider's answer contains. */
function plainLine(text: string): string {
  return toPrintable(text.slice(0, MAX_LENGTH));
}
