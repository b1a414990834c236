import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";

/** The value of one of Kong's settings, and its source. */
export interface Setting {
  readonly value: string;
  /** Where the value comes from: an environment variable, or a setting with its file and its line. */
  readonly source: string;
  readonly file?: string;
  readonly line?: number;
}

/** All settings by their names in kong.conf, such as `nginx_proxy_set`. */
export type KongSettings = ReadonlyMap<string, Setting>;

/**
 * The reader stores only these settings, and drops all others immediately. So no check and no message can show a
 * password.
 */
const KEPT =
  /^(?:prefix|plugins|pluginserver_[a-z0-9_]+|nginx_proxy_set|nginx_proxy_lua_socket_read_timeout|nginx_user|nginx_main_user|lua_package_path|declarative_config|database|log_level)$/;
const ASSIGNMENT = /^\s*([A-Za-z0-9_]+)\s*=(.*)$/;
/** Kong looks for its configuration file at these paths. */
const DEFAULT_FILES = ["/etc/kong/kong.conf", "/etc/kong.conf"];
/** A running Kong has written its settings and their defaults into this file. */
const RUNNING = ".kong_env";
const PREFIX = "KONG_";
const MAX_CONF_BYTES = 1024 * 1024;

/** Returns the values of a setting with several values, such as `plugins`. */
export function listValues(settings: KongSettings, name: string): readonly string[] {
  return (settings.get(name)?.value ?? "").split(",").map((value) => value.trim());
}

export interface SettingsSources {
  /** Files in the format of kong.conf or of `docker --env-file`. */
  readonly conf?: string | undefined;
  readonly prefix?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads Kong's settings from kong.conf and from the environment. As in Kong, the environment takes precedence. If both
 * are missing, the function reads the settings that a running Kong has written into its prefix.
 *
 * @throws Error if a file that was named cannot be read.
 */
export async function readKongSettings({
  conf,
  prefix,
  environment,
}: SettingsSources): Promise<Result<KongSettings, string>> {
  const file = conf ?? DEFAULT_FILES.find((name) => existsSync(name));
  const ofFile = file === undefined ? new Map<string, Setting>() : parseConf(await readConf(file), file);
  const settings = new Map([...ofFile, ...readEnvironment(environment)]);
  if ([...settings.keys()].some((name) => name === "plugins" || name.startsWith("pluginserver_"))) {
    return succeed(settings);
  }
  const place = `${prefix ?? settings.get("prefix")?.value ?? "/usr/local/kong"}/${RUNNING}`;
  const running = await readFile(place, "utf8").catch(() => undefined);
  if (running !== undefined) {
    return succeed(parseConf(running, place));
  }
  return file !== undefined
    ? succeed(settings)
    : fail(
        `no kong.conf here, no KONG_PLUGINS in the environment, and no ${place}: name the file with --conf, or run doctor in Kong's environment`,
      );
}

/** @throws Error if the file cannot be read, or is too large. */
async function readConf(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > MAX_CONF_BYTES) {
    throw new Error(`${file} has ${size} bytes, so it is not a kong.conf: name Kong's settings with --conf`);
  }
  return readFile(file, "utf8");
}

/** Reads the format of kong.conf, and lines of `docker --env-file` too. */
export function parseConf(text: string, file: string): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [, written = "", rest = ""] = ASSIGNMENT.exec(line.replace(/^\s*(?:#.*|export\s+)/, "")) ?? [];
    const isVariable = written.startsWith(PREFIX);
    const name = (isVariable ? written.slice(PREFIX.length) : written).toLowerCase();
    if (KEPT.test(name)) {
      // An env file for containers has no escapes, and no comments after values.
      const value = isVariable
        ? unquote(rest.trim())
        : rest
            .replace(/(?<!\\)#.*$/, "")
            .replaceAll("\\#", "#")
            .trim();
      settings.set(name, { value, source: `${written} (${file}:${index + 1})`, file, line: index + 1 });
    }
  }
  return settings;
}

/** Removes the single quotes that `kong env` writes for shells. */
function unquote(text: string): string {
  return /^'.*'$/.test(text) ? text.slice(1, -1).replaceAll(`'\\''`, "'") : text;
}

function readEnvironment(environment: SettingsSources["environment"]): readonly (readonly [string, Setting])[] {
  return Object.entries(environment).flatMap(([variable, value]) => {
    const name = variable.startsWith(PREFIX) ? variable.slice(PREFIX.length).toLowerCase() : "";
    return value !== undefined && KEPT.test(name) ? [[name, { value, source: variable }] as const] : [];
  });
}
