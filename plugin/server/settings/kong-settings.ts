import { NAME } from "../../kong/contract/plugin-identity.ts";
import { FACTS_VARIABLE, renderFacts } from "../../kong/facts/facts-variable.ts";
import type { VerdictCaching } from "../../runtime/runtime.ts";

/** All paths are absolute, because Kong starts plugin servers without a PATH and in Kong's working directory. */
export interface Installation {
  readonly node: string;
  /** Path of this package's dist/jwt-policy-server.mjs. */
  readonly serverMain: string;
  /** Path of this package's dist/jwt-policy-launcher.mjs. */
  readonly launcherMain: string;
  readonly socket: string;
  readonly policyRoot: string;
  /** The file with the settings for fetching keys. */
  readonly fetchSettings: string | undefined;
  /**
   * The directory in which the server stores fetched keys for the next process; undefined if the server does not store
   * keys.
   */
  readonly stateDir: string | undefined;
  /** The address at which the server answers probes, such as `127.0.0.1:8008`. */
  readonly statusListen: string | undefined;
  /** The file with the settings of the decision log. */
  readonly decisionLog?: string | undefined;
  /** The file with the settings for the detection of abuse. */
  readonly abuse?: string | undefined;
  /** Whether only the plugin server reuses verdicts, or the guard as well; undefined for the server's default. */
  readonly verdictCache?: VerdictCaching | undefined;
  /** Names of the header fields that policies use, in lower case. The usual header fields are not in the list. */
  readonly headers: readonly string[];
  /** The environment variables of the plugin server. Kong itself starts the server with an empty environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The first version of Kong that refuses the request if the plugin server fails. In older versions, Kong's client for
 * ProtoBuf:1 lets a request pass if the plugin server fails.
 */
export const MIN_KONG_VERSION = "3.8";

/**
 * How long Kong waits for an answer of the plugin server. Kong must limit this time, because a server that the system
 * has paused cannot limit it. The time is longer than the plugin's own time limit for an event. With a shorter time,
 * Kong would stop waiting just before the answer arrives. The setting applies to the Lua sockets of the proxy. It does
 * not apply to a Lua socket that sets a timeout itself.
 */
const READ_TIMEOUT = "7s";

/** Returns the settings with which Kong loads the plugin, asks for its schema and starts the plugin server. */
export function createKongSettings(installation: Installation): Readonly<Record<string, string>> {
  const { node, serverMain, launcherMain, socket, policyRoot, fetchSettings, statusListen, headers, environment } =
    installation;
  const query = renderCommand(environment, [node, serverMain]);
  const start = renderCommand(environment, [node, launcherMain]);
  const places = ["--socket", socket, "--policy-root", policyRoot];
  const settings = fetchSettings === undefined ? [] : ["--fetch-settings", fetchSettings];
  const decisionLog = installation.decisionLog === undefined ? [] : ["--decision-log", installation.decisionLog];
  const abuse = installation.abuse === undefined ? [] : ["--abuse", installation.abuse];
  const options = quoteWords([
    ...places,
    ...(installation.stateDir === undefined ? [] : ["--state-dir", installation.stateDir]),
    "--facts-variable",
    ...settings,
    ...(statusListen === undefined ? [] : ["--status-listen", statusListen]),
    ...decisionLog,
    ...abuse,
    ...(installation.verdictCache === undefined ? [] : ["--verdict-cache", installation.verdictCache]),
  ]);
  const server = `KONG_PLUGINSERVER_${NAME.toUpperCase().replaceAll("-", "_")}`;
  return {
    KONG_PLUGINS: `bundled,${NAME}`,
    KONG_PLUGINSERVER_NAMES: NAME,
    [`${server}_SOCKET`]: socket,
    [`${server}_START_CMD`]: `${start} --parent $PPID ${options}`, // Kong runs this command in a shell. The shell's parent is the worker.
    [`${server}_QUERY_CMD`]: `${query} --dump ${quoteWords([...places, ...settings, ...decisionLog, ...abuse])}`, // The query command first checks whether a server could start with these options.
    KONG_NGINX_PROXY_SET: `$${FACTS_VARIABLE.name} "${renderFacts(headers)}"`,
    KONG_NGINX_PROXY_LUA_SOCKET_READ_TIMEOUT: READ_TIMEOUT,
  };
}

/** Renders a command that runs with exactly this environment. Kong runs the command through `sh`. */
export function renderCommand(environment: Readonly<Record<string, string>>, words: readonly string[]): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return quoteWords(["/usr/bin/env", ...variables, ...words]);
}

/** Quotes words so that `sh` reads each word unchanged. */
export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(" ");
}

function quoteWord(word: string): string {
  return /^[A-Za-z0-9_./=:@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * Whether a Kong version can run the plugin safely.
 *
 * @param version the version in the format of `kong version`, such as `3.9.1` or `3.10.0.2-enterprise-edition`.
 * @returns whether the version is supported; undefined if the text contains no version.
 */
export function isKongSupported(version: string): boolean | undefined {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) {
    return undefined;
  }
  const [minMajor = 0, minMinor = 0] = MIN_KONG_VERSION.split(".").map(Number);
  return Number(major) > minMajor || (Number(major) === minMajor && Number(minor) >= minMinor);
}
