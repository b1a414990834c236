import { toPrintable } from "../plugin/core/printable.ts";

/** Log entries of the gateway and of what runs behind it, and their one-line form. */

export type LogLevel = "debug" | "info" | "notice" | "warn" | "err";

export interface LogEntry {
  level: LogLevel;
  /** Who says it: the gateway, the plugin through `kong.log`, or the plugin server's process by its output. */
  source: "gateway" | "plugin" | "plugin server";
  message: string;
  /** The request it belongs to, and its first line. */
  request?: { id: string; line: string };
}

export type Log = (entry: LogEntry) => void;

/**
 * One line in the manner of Kong's error log, where the plugin's words stand without a name. A client may have
 * sent some of it, so what does not print as it reads is escaped.
 */
export function formatLogEntry({ level, source, message, request }: LogEntry): string {
  const from = source === "plugin" ? "" : `[${source}] `;
  const about = request === undefined ? "" : `, request: "${request.line}", request_id: "${request.id}"`;
  return toPrintable(`[${level === "err" ? "error" : level}] ${from}${message}${about}`);
}
