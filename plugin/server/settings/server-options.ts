import { statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { parseArgs } from "node:util";
import type { VerdictCaching } from "../../runtime/runtime.ts";

export interface ServerOptions {
  /** The Unix socket to which Kong connects. */
  readonly socket: string;
  readonly policyRoot: string;
  readonly hasFactsVariable: boolean;
  readonly socketMode: number;
  readonly policyPollMs: number;
  /**
   * The id of the owner process. When the owner ends, this process ends too. By default, the owner is the process that
   * started this process.
   */
  readonly parentPid: number | undefined;
  /** The file with the settings for fetching keys; undefined if there is no such file. */
  readonly fetchSettings: string | undefined;
  /**
   * The directory where the server stores fetched keys for the next process; undefined if the server does not store
   * keys.
   */
  readonly stateDir: string | undefined;
  /** The file with the settings of the decision log; undefined if the server logs no decisions. */
  readonly decisionLog: string | undefined;
  /** The file with the settings for the detection of abuse; undefined if the server does not watch for abuse. */
  readonly abuse: string | undefined;
  /** Whether verdicts are reused, and whether only this process or also the guard reuses them. */
  readonly verdictCache: VerdictCaching;
  /** The address for probes; undefined if the server does not answer probes. */
  readonly statusListen: { readonly host: string; readonly port: number } | undefined;
  /** The identity by which launchers recognise this server; undefined if no launcher started this server. */
  readonly launched: string | undefined;
  /**
   * Set only if a launcher started the server, and a service manager keeps the server's socket open. `later`: another
   * server still accepts connections on the socket. `now`: no other server accepts connections on the socket.
   */
  readonly queued: "now" | "later" | undefined;
  /**
   * Whether the process only answers Kong's query command. Before the answer, the process checks whether a server could
   * start with these options.
   */
  readonly isDump: boolean;
}

/** The options that the launcher itself needs. */
export interface LauncherOptions {
  readonly socket: string;
  readonly parentPid: number;
  /** The server's command line. */
  readonly serverOptions: readonly string[];
  /** The files that these options name. The server reads the files only when it starts. */
  readonly files: readonly string[];
}

/** The options in the form that Node's `parseArgs` expects. */
export const OPTIONS = {
  socket: { type: "string" },
  "policy-root": { type: "string" },
  "facts-variable": { type: "boolean", default: false },
  "fetch-settings": { type: "string" },
  "state-dir": { type: "string" },
  "socket-mode": { type: "string", default: "600" },
  "policy-poll": { type: "string", default: "1000" },
  "status-listen": { type: "string" },
  "decision-log": { type: "string" },
  abuse: { type: "string" },
  "verdict-cache": { type: "string", default: "guard" },
  parent: { type: "string" },
  launched: { type: "string" },
  queued: { type: "string" },
  dump: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

export const USAGE = `Usage: jwt-policy-server --socket PATH --policy-root DIR [--facts-variable] [--socket-mode MODE]
                         [--fetch-settings FILE] [--state-dir DIR] [--policy-poll MS]
                         [--status-listen HOST:PORT] [--decision-log FILE] [--abuse FILE]
                         [--verdict-cache WHERE] [--parent PID]
       jwt-policy-server --dump [the options above]

The plugin server of jwt-policy. Kong starts it; \`kong-jwt-policy kong env\` prints the settings.

  --socket PATH       Unix socket that Kong connects to (absolute path)
  --policy-root DIR   directory that contains all policy files (absolute path)
  --facts-variable    Kong sets the nginx variable $jwt_facts, as \`kong-jwt-policy kong env\` prints it
  --fetch-settings FILE
                      the file with the settings for fetching keys: certificate authorities, proxy, client
                      certificates, headers (absolute path of a YAML file)
  --state-dir DIR     the directory in which the server stores fetched public keys for its next start (absolute
                      path; created with mode 700; default: none). Other users must not be able to write to it
  --socket-mode MODE  permissions of the socket in octal (default 600: Kong runs as the same user)
  --policy-poll MS    how often to look whether policy files changed, in milliseconds (default 1000)
  --status-listen HOST:PORT
                      answer over HTTP: /status/ready, /status/live, /status, /status/view and /metrics
                      (default: nowhere)
  --decision-log FILE log decisions as lines of JSON, as this file says (absolute path of a YAML file)
  --abuse FILE        look for replayed and stolen tokens, as this file says (absolute path of a YAML file;
                      needs --facts-variable)
  --verdict-cache WHERE
                      where verdicts are reused for a minute at most: in this server and in the guard
                      (guard, the default), in this server only (server), or nowhere (off)
  --parent PID        end when this process is gone (default: the parent)
  --dump              print what Kong's query command needs, and end; with other options look first
                      whether a server could start with them
  --help              print this`;

/**
 * Reads the command line.
 *
 * @throws Error that says which option is wrong and what to do.
 */
export function readServerOptions(args: readonly string[]): ServerOptions | "dump" | "help" {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help) {
    return "help";
  }
  if (values.dump && values.socket === undefined) {
    return "dump";
  }
  if (!/^[0-7]{3}$/.test(values["socket-mode"])) {
    throw new Error(`--socket-mode must be three octal digits such as 660, not "${values["socket-mode"]}"`);
  }
  const policyRoot = requirePath("--policy-root", values["policy-root"]);
  const socket = requirePath("--socket", values.socket);
  checkSocketPath(socket);
  return {
    socket,
    policyRoot,
    hasFactsVariable: values["facts-variable"],
    socketMode: Number.parseInt(values["socket-mode"], 8),
    fetchSettings:
      values["fetch-settings"] === undefined ? undefined : requirePath("--fetch-settings", values["fetch-settings"]),
    stateDir: values["state-dir"] === undefined ? undefined : requirePath("--state-dir", values["state-dir"]),
    policyPollMs: readPollInterval(values["policy-poll"]),
    parentPid: values.parent === undefined ? undefined : readPid(values.parent),
    statusListen: values["status-listen"] === undefined ? undefined : parseAddress(values["status-listen"]),
    decisionLog:
      values["decision-log"] === undefined ? undefined : requirePath("--decision-log", values["decision-log"]),
    abuse: values.abuse === undefined ? undefined : requirePath("--abuse", values.abuse),
    verdictCache: readVerdictCaching(values["verdict-cache"]),
    launched: values.launched,
    queued: readQueued(values.queued),
    isDump: values.dump,
  };
}

/**
 * Reads the command line of a launcher. A launcher has the same command line as the server. The launcher passes this command
 * line on to the server, without `--parent`.
 *
 * @throws Error that says which option is wrong and what to do.
 */
export function parseLauncherOptions(args: readonly string[]): LauncherOptions {
  const serverOptions = args.filter((word, index) => !isParentOption(word) && args[index - 1] !== "--parent");
  const options = readServerOptions(args);
  if (typeof options === "string") {
    throw new Error(`--${options} is an option of jwt-policy-server`);
  }
  return {
    socket: options.socket,
    parentPid: options.parentPid ?? process.ppid,
    serverOptions,
    files: [options.fetchSettings, options.decisionLog, options.abuse, process.env.NODE_EXTRA_CA_CERTS].filter(
      (file) => file !== undefined,
    ),
  };
}

const isParentOption = (word: string): boolean => word === "--parent" || word.startsWith("--parent=");

/** @throws Error if the policy root is not a directory that this user can list. */
export function checkPolicyRoot(policyRoot: string): void {
  if (!statSync(policyRoot, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`--policy-root ${policyRoot} is not a directory`);
  }
}

function readVerdictCaching(text: string): VerdictCaching {
  if (text !== "guard" && text !== "server" && text !== "off") {
    throw new Error(`--verdict-cache must be guard, server or off, not "${text}"`);
  }
  return text;
}

function readQueued(text: string | undefined): ServerOptions["queued"] {
  if (text !== undefined && text !== "now" && text !== "later") {
    throw new Error(`--queued must have the value now or the value later, not "${text}"`);
  }
  return text;
}

function readPid(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) {
    throw new Error(`--parent must be the number of a process, not "${text}"`);
  }
  return Number(text);
}

const MIN_POLL_MS = 10;
const MAX_POLL_MS = 600_000;

function readPollInterval(text: string): number {
  const ms = Number(text);
  if (!/^\d+$/.test(text) || ms < MIN_POLL_MS || ms > MAX_POLL_MS) {
    throw new Error(`--policy-poll must be ${MIN_POLL_MS} to ${MAX_POLL_MS} milliseconds, not "${text}"`);
  }
  return ms;
}

/**
 * Reads `127.0.0.1:8008`, `[::1]:8008` or `localhost:8008`.
 *
 * @throws Error if the text has another format.
 */
export function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const [, ipv6, name, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = ipv6 ?? name;
  if (host === undefined || Number(port) > 65_535) {
    throw new Error(`--status-listen must be an address such as 127.0.0.1:8008, not "${text}"`);
  }
  return { host, port: Number(port) };
}

/** Checks that a path is absolute. A relative path would depend on Kong's working directory. */
function requirePath(option: string, value: string | undefined): string {
  if (value === undefined || !isAbsolute(value)) {
    throw new Error(`${option} must be given as an absolute path${value === undefined ? "" : `, not "${value}"`}`);
  }
  return value;
}

/**
 * Maximum length of a socket's path, in bytes. The kernel allows 107 bytes. The socket first gets a private name, which
 * is longer than its shared name. So the shared name may have fewer bytes than the kernel allows.
 */
const MAX_SOCKET_PATH_BYTES = 80;

/** @throws Error if the path is too long for a socket. */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    throw new Error(`the socket path ${path} has ${bytes} bytes, at most ${MAX_SOCKET_PATH_BYTES} are possible`);
  }
}
