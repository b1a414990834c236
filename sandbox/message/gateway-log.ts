import { toPrintable } from "../../plugin/core/text/printable.ts";

/** Log entries of the gateway, the plugin and the plugin server, and how to write an entry as one line. */

export type LogLevel = "debug" | "info" | "notice" | "warn" | "err";

export interface LogEntry {
  level: LogLevel;
  /**
   * Where the entry comes from: the gateway, the plugin through `kong.log`, or the output of the plugin server's
   * process.
   */
  source: "gateway" | "plugin" | "plugin server";
  message: string;
  /** The request to which the entry belongs: its id and its request line. */
  request?: { id: string; line: string };
}

export type Log = (entry: LogEntry) => void;

/**
 * Formats an entry like a line of Kong's error log. In Kong's log, lines of the plugin do not contain the plugin's name.
 * Unprintable characters are escaped, because parts of the text may come from a client.
 */
export function formatLogEntry({ level, source, message, request }: LogEntry): string {
  const from = source === "plugin" ? "" : `[${source}] `;
  const about = request === undefined ? "" : `, request: "${request.line}", request_id: "${request.id}"`;
  return toPrintable(`[${level === "err" ? "error" : level}] ${from}${message}${about}`);
}
