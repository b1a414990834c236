import type { Log } from "../plugin/observe/operator-log.ts";

export const silentLog: Log = { info() {}, notice() {}, warn() {} };

/** A log whose lines, of every level, go into a list. */
export function logInto(lines: string[]): Log {
  const add = (line: string): void => void lines.push(line);
  return { info: add, notice: add, warn: add };
}
