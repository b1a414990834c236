import { basename } from "node:path";
import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { messageOf } from "../../../plugin/core/text/error-message.ts";
import { NAME } from "../../../plugin/kong/contract/plugin-identity.ts";
import { readServerOptions, type ServerOptions } from "../../../plugin/server/settings/server-options.ts";
import { type KongSettings, listValues, type Setting } from "./read-settings.ts";
import { splitWords } from "./shell-words.ts";

/** A command from Kong's settings. The command starts the plugin server, or asks the server for its schema. */
export interface ServerCommand {
  readonly setting: Setting;
  /** The variables that the command sets with `env`. */
  readonly variables: ReadonlyMap<string, string>;
  /** The program and the file that the program runs, such as Node and jwt-policy-server.mjs. */
  readonly program: string;
  readonly file: string | undefined;
  readonly args: readonly string[];
}

/** Kong's settings that are about our plugin server. */
export interface PluginServer {
  readonly name: string;
  readonly socket: Setting | undefined;
  /**
   * The command that starts the server; undefined if Kong does not start the server. A failure says why the command
   * cannot be read.
   */
  readonly start: Result<ServerCommand, string> | undefined;
  readonly query: Result<ServerCommand, string> | undefined;
  /** The file with the schema, if Kong reads the schema from a file. */
  readonly dumpFile: string | undefined;
  /** Whether the server is kong-pdk's own server. */
  readonly isStock: boolean;
  /** The options of our server; undefined if none of the commands has them. */
  readonly options: Result<ServerOptions, string> | undefined;
  /** The policy root, as the settings give it. */
  readonly policyRoot: string | undefined;
  readonly fetchSettings: string | undefined;
}

const SERVER_FILES = ["jwt-policy-launcher.mjs", "jwt-policy-server.mjs"];
const STOCK_FILE = /(?:kong-js-pluginserver|kong-pdk\/)/;

/**
 * Finds the name of jwt-policy's plugin server in Kong's settings. Operators can choose the name of the server, so the
 * function also looks at the commands.
 */
export function findServerName(settings: KongSettings): string | undefined {
  const names = listNames(settings);
  const isOurs = (name: string): boolean =>
    ["start_cmd", "query_cmd", "socket"].some((key) => settingOf(settings, name, key)?.value.includes(NAME));
  return names.find((name) => name === NAME) ?? names.find(isOurs);
}

export function listNames(settings: KongSettings): readonly string[] {
  return listValues(settings, "pluginserver_names").filter((name) => name !== "" && name !== "none");
}

/** @param key `socket`, `start_cmd` or `query_cmd`. */
function settingOf(settings: KongSettings, name: string, key: string): Setting | undefined {
  const setting = settings.get(`pluginserver_${name.toLowerCase().replaceAll("-", "_")}_${key}`);
  return setting?.value === "" ? undefined : setting;
}

export function readPluginServer(settings: KongSettings, name: string): PluginServer {
  const startSetting = settingOf(settings, name, "start_cmd");
  const querySetting = settingOf(settings, name, "query_cmd");
  const start = startSetting && readCommand(startSetting);
  const query = querySetting && readCommand(querySetting);
  const main = start?.ok ? start.value : undefined;
  const isStock = STOCK_FILE.test(main?.file ?? "") || main?.variables.has("JWT_POLICY_ROOT") === true;
  const options = main && !isStock ? readOptions(main) : undefined;
  const asked = query?.ok ? query.value : undefined;
  const known = options?.ok ? options.value : undefined;
  return {
    name,
    socket: settingOf(settings, name, "socket"),
    start,
    query,
    dumpFile: asked && basename(asked.program) === "cat" ? asked.file : undefined,
    isStock,
    options,
    policyRoot: known?.policyRoot ?? main?.variables.get("JWT_POLICY_ROOT"),
    fetchSettings: known?.fetchSettings ?? main?.variables.get("JWT_POLICY_FETCH_SETTINGS"),
  };
}

/** Reads `/usr/bin/env NAME=value … node file args…`, and the same command without `env`. */
function readCommand(setting: Setting): Result<ServerCommand, string> {
  const words = splitWords(setting.value);
  if (words === undefined) {
    return fail("a quote is not closed");
  }
  const isEnv = basename(words[0] ?? "") === "env";
  const rest = isEnv ? words.slice(1) : words;
  const count = isEnv ? rest.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word)) : 0;
  const variables = rest.slice(0, Math.max(count, 0)).map((word) => {
    const at = word.indexOf("=");
    return [word.slice(0, at), word.slice(at + 1)] as const;
  });
  const [program, file, ...args] = count < 0 ? [] : rest.slice(count);
  return program === undefined
    ? fail("it names no program")
    : succeed({ setting, variables: new Map(variables), program, file, args });
}

/** Reads the server's options from its arguments, as the server does. A launcher accepts the same options as the server. */
function readOptions({ file = "", args }: ServerCommand): Result<ServerOptions, string> | undefined {
  if (!SERVER_FILES.includes(basename(file))) {
    return undefined;
  }
  const words = args.map((word) => (word === "$PPID" ? "1" : word)); // The shell replaces `$PPID`, so the value of `$PPID` is not known here.
  try {
    const options = readServerOptions([...words, "--launched", "later"]);
    return typeof options === "string" ? fail(`--${options} starts no server`) : succeed(options);
  } catch (error) {
    return fail(messageOf(error));
  }
}
