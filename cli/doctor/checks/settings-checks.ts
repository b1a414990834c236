import { quoteText } from "../../../plugin/core/text/printable.ts";
import { NAME, VERSION } from "../../../plugin/kong/contract/plugin-identity.ts";
import { isKongSupported, MIN_KONG_VERSION } from "../../../plugin/server/settings/kong-settings.ts";
import { type DoctorCheck, failed, notChecked, type Outcome, outcomeOf, passed } from "../model/check.ts";
import type { Problem } from "../model/problem.ts";
import { listNames, type PluginServer } from "../settings/plugin-server.ts";
import { listValues, type Setting } from "../settings/read-settings.ts";

const PRINT = "print the settings again with `kong-jwt-policy kong env`, and use all of them";
/** The oldest version of Node that the plugin server supports. It must be the same as in `engines` in package.json. */
const MIN_NODE = [20, 19] as const;
const PROTOCOL = "ProtoBuf:1";

/**
 * The reason why a check could not run: it needs Kong's settings, and `doctor` does not know these settings. The check
 * kong_settings says how to provide the settings.
 */
export const NO_SETTINGS = "Kong's settings are not known";

/** Checks of Node, of Kong, and of the settings by which Kong loads the plugin. */
export const SETTINGS_CHECKS: readonly DoctorCheck[] = [
  {
    id: "node_version",
    checks: "The Node that runs `doctor` and the Node that Kong starts have version 20.19 or later.",
    why: "With an older Node the plugin server does not start, and Kong answers 500.",
    fix: "Install a current Node where Kong's user can run it, and print the settings again with `kong env --node PATH`.",
    run({ node, program }) {
      const started = program.ok ? program.value.node : undefined;
      const old = [node, started ?? node].find((version) => !isNodeSupported(version));
      const detail = `Node ${node}${started === undefined || started === node ? "" : `; Kong starts Node ${started}`}`;
      return old === undefined
        ? passed(detail)
        : failed({
            message: `Node ${old} is too old`,
            fix: "install Node 20.19 or later, and print the settings again with `kong-jwt-policy kong env --node PATH`",
          });
    },
  },
  {
    id: "kong_version",
    checks: `Kong is ${MIN_KONG_VERSION} or later. The check runs \`kong version\`. It uses the program in \`KONG_BIN\` if this variable is set, and otherwise the \`kong\` in PATH.`,
    why: "An older Kong lets a request pass when the plugin server fails.",
    fix: `Upgrade Kong to ${MIN_KONG_VERSION} or later.`,
    run({ kong }) {
      if (!kong.ok) {
        return notChecked(`${kong.failure}. Check yourself that Kong is ${MIN_KONG_VERSION} or later`);
      }
      const isSupported = isKongSupported(kong.value);
      if (isSupported === undefined) {
        return notChecked(`\`kong version\` prints no version: ${quoteText(kong.value)}`);
      }
      return isSupported
        ? passed(`Kong ${kong.value}`)
        : failed({
            message: `Kong ${kong.value} lets a request pass when the plugin server fails`,
            fix: `use Kong ${MIN_KONG_VERSION} or later`,
          });
    },
  },
  {
    id: "kong_settings",
    checks: "Kong's settings can be found: in kong.conf, in `KONG_*` variables, or in the prefix of a running Kong.",
    why: "Most other checks need Kong's settings.",
    fix: "Name the file with `--conf`, or run the command in Kong's environment.",
    run({ settings }) {
      return settings.ok
        ? passed(`${settings.value.size} settings that matter to the plugin`)
        : notChecked(settings.failure);
    },
  },
  {
    id: "plugin_enabled",
    checks: `\`plugins\` has ${NAME}.`,
    why: "Without the setting, Kong does not know the plugin. Kong then refuses to start with a configuration that uses the plugin.",
    fix: `Set \`plugins = bundled,${NAME}\`.`,
    run({ settings }) {
      if (!settings.ok) {
        return notChecked(NO_SETTINGS);
      }
      const setting = settings.value.get("plugins");
      return listValues(settings.value, "plugins").includes(NAME)
        ? passed(`plugins = ${setting?.value}`)
        : failed({
            ...placeOf(setting),
            message: setting
              ? `plugins = ${setting.value} has no ${NAME}`
              : `plugins is not set, so ${NAME} is missing`,
            fix: `set plugins = bundled,${NAME}`,
          });
    },
  },
  {
    id: "plugin_server",
    checks:
      "`pluginserver_names` contains the plugin server of jwt-policy. The server's three settings agree with each other: the socket, the start command and the query command.",
    why: "Kong asks the query command for the schema, and connects to the socket. If the server listens on another path, every request gets 500.",
    fix: "Print the settings again with `kong-jwt-policy kong env`, and use all printed settings.",
    run: checkServer,
  },
  {
    id: "server_options",
    checks: "The plugin server accepts the options in its start command.",
    why: "With a wrong option the server does not start, and Kong starts it again and again.",
    fix: "Correct the option, or print the settings again.",
    run({ server }) {
      if (!server.ok) {
        return notChecked(server.failure);
      }
      const { options, isStock, start } = server.value;
      if (options === undefined) {
        return notChecked(
          isStock
            ? "Kong's stock plugin server has none of our options"
            : start === undefined
              ? "Kong does not start the plugin server, so its options are not in Kong's settings"
              : "the start command does not have the form that `kong env` prints",
        );
      }
      return options.ok
        ? passed(`policy root ${options.value.policyRoot}`)
        : failed({ ...placeOf(startSetting(server.value)), message: options.failure, fix: `correct it, or ${PRINT}` });
    },
  },
  {
    id: "server_program",
    checks:
      "The schema that Kong gets has the same version as this package. Kong gets the schema from the installed plugin server, or from the dump file.",
    why: "After an upgrade, Kong still uses the old schema if the old server or the old dump file is still in place.",
    fix: "Install one version everywhere, write the dump again with `jwt-policy-server --dump`, and run `kong reload`.",
    run({ program }) {
      if (!program.ok) {
        return notChecked(program.failure);
      }
      const { dump, from } = program.value;
      const version = readVersion(dump);
      if (version === undefined) {
        return failed({
          message: `${from} has no plugin ${NAME} for the protocol ${PROTOCOL}`,
          fix: "write it again with `jwt-policy-server --dump`, or print the settings again",
        });
      }
      return version === VERSION
        ? passed(`${NAME} ${version}`)
        : failed({
            severity: "warning",
            message: `Kong loads ${NAME} ${version} from ${from}, but this command is ${VERSION}`,
            fix: "run the command of the installed version, or upgrade the server and the dump, and run `kong reload`",
          });
    },
  },
];

function isNodeSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  // On Node 22, the plugin needs at least 22.12.
  return major === MIN_NODE[0] ? minor >= MIN_NODE[1] : major === 22 ? minor >= 12 : major > MIN_NODE[0];
}

function checkServer({ settings, server }: Parameters<DoctorCheck["run"]>[0]): Outcome {
  if (!settings.ok) {
    return notChecked(NO_SETTINGS);
  }
  if (!server.ok) {
    const names = settings.value.get("pluginserver_names");
    const all = listNames(settings.value);
    return failed({
      ...placeOf(names),
      message:
        all.length === 0
          ? "pluginserver_names names no plugin server"
          : `${server.failure}: pluginserver_names = ${all.join(",")}`,
      fix: PRINT,
    });
  }
  return outcomeOf(findServerProblems(server.value), describeServer(server.value));
}

function describeServer({ name, socket, start }: PluginServer): string {
  const starter = start === undefined ? "which Kong does not start" : "which Kong starts";
  return `server ${name}, ${starter}, on ${socket?.value ?? "its default socket"}`;
}

function findServerProblems(server: PluginServer): readonly Problem[] {
  const { name, socket, start, query, options } = server;
  const key = `pluginserver_${name.replaceAll("-", "_")}`;
  const problems: Problem[] = [];
  if (query === undefined) {
    problems.push({ message: `${key}_query_cmd is missing, so Kong cannot ask for the schema`, fix: PRINT });
  }
  if (socket === undefined) {
    problems.push({ message: `${key}_socket is missing, so Kong uses a default path`, fix: PRINT });
  }
  for (const [command, which] of [
    [start, "start_cmd"],
    [query, "query_cmd"],
  ] as const) {
    if (command?.ok === false) {
      problems.push({ message: `${key}_${which} cannot be read: ${command.failure}`, fix: PRINT });
    } else if (command?.ok && !command.value.program.startsWith("/")) {
      problems.push({
        ...placeOf(command.value.setting),
        message: `${key}_${which} starts ${quoteText(command.value.program)}, which is not an absolute path: Kong starts the server without a PATH`,
        fix: PRINT,
      });
    }
  }
  const listens = options?.ok ? options.value.socket : undefined;
  if (listens !== undefined && socket !== undefined && listens !== socket.value) {
    problems.push({
      ...placeOf(socket),
      message: `the server listens on ${listens}, but Kong connects to ${socket.value}`,
      fix: `set ${key}_socket and --socket of ${key}_start_cmd to the same path`,
    });
  }
  const asked = query?.ok ? optionOf(query.value.args, "--policy-root") : undefined;
  if (options?.ok && asked !== undefined && asked !== options.value.policyRoot) {
    problems.push({
      ...placeOf(startSetting(server)),
      message: `the start command has the policy root ${options.value.policyRoot}, but the query command has ${asked}`,
      fix: PRINT,
    });
  }
  return problems;
}

function optionOf(args: readonly string[], name: string): string | undefined {
  const index = args.indexOf(name);
  return index < 0 ? undefined : args[index + 1];
}

function startSetting({ start }: PluginServer): Setting | undefined {
  return start?.ok ? start.value.setting : undefined;
}

function readVersion(dump: string): string | undefined {
  try {
    const { Protocol: protocol, Plugins: plugins } = JSON.parse(dump);
    const plugin = plugins.find(({ Name: name }: { readonly Name: unknown }) => name === NAME);
    return protocol === PROTOCOL && typeof plugin.Version === "string" ? plugin.Version : undefined;
  } catch {
    return undefined; // The text is not the output of the query command.
  }
}

/** The position of a Kong setting in its file. */
export function placeOf(setting: Setting | undefined): Pick<Problem, "file" | "line" | "column"> {
  return setting?.file === undefined || setting.line === undefined
    ? {}
    : { file: setting.file, line: setting.line, column: 1 };
}
