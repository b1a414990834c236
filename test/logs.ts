import type { Log } from "../plugin/observe/operator-log.ts";

export const silentLog: Log = { info() {}, warn() {} };

/** A log whose lines, of either kind, go into a list. */
export function logInto(lines: string[]): Log {
  const add = (line: string): void => void lines.push(line);
  return { info: add, warn: add };
}
