import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import { toPrintable, toPrintableLines } from "../plugin/core/text/printable.ts";
import { checkAbuseSettings } from "../plugin/runtime/abuse-settings.ts";
import { checkDecisionLogSettings, listLoggedHeaders } from "../plugin/runtime/decision-log-settings.ts";
import { checkSettingsFile } from "../plugin/runtime/fetch-settings.ts";
import type { VerdictCaching } from "../plugin/runtime/runtime.ts";
import { describeFindings } from "../plugin/runtime/versions/policy-report.ts";
import { describeSocketProblem } from "../plugin/server/process/check-start.ts";
import { guessWorkerUser } from "../plugin/server/process/worker-access.ts";
import { useDumpFile } from "../plugin/server/settings/dump-file-settings.ts";
import { addGuardSettings } from "../plugin/server/settings/guard-settings.ts";
import {
  createKongSettings,
  type Installation,
  isKongSupported,
  MIN_KONG_VERSION,
} from "../plugin/server/settings/kong-settings.ts";
import { checkSocketPath, parseAddress } from "../plugin/server/settings/server-options.ts";
import { createStockSettings, type StockServer } from "../plugin/server/settings/stock-settings.ts";
import { askKongVersion } from "./settings/ask-kong-version.ts";
import { findReadHeaders } from "./settings/find-read-headers.ts";
import { FORMATS, type Format, formatSettings } from "./settings/format-settings.ts";
import { addKongSchemaCommand } from "./settings/kong-schema.ts";
import { limitRate, parseRate } from "./settings/limit-rate.ts";
import { startWithoutEnv } from "./settings/start-without-env.ts";

interface KongEnvOptions {
  readonly policyRoot: string;
  readonly prefix: string;
  readonly socket?: string;
  readonly node: string;
  readonly fetchSettings?: string;
  /** If false, the server keeps no keys over restarts. */
  readonly stateDir?: string | false;
  readonly statusListen?: string;
  readonly decisionLog?: string;
  readonly abuse?: string;
  readonly verdictCache?: VerdictCaching;
  readonly header?: readonly string[];
  /** How many requests a second nginx serves for one client address. */
  readonly ratePerClient?: number;
  readonly kongVersion?: string;
  /** If true, Kong uses the guard of this package. If a string, Kong finds the guard in the directory with this path. */
  readonly guard?: boolean | string;
  readonly stock?: string;
  readonly dumpFile?: string;
  /** If false, the settings' commands start Node directly, without `env`. */
  readonly env: boolean;
  readonly format: Format;
}

/**
 * Environment variables that the plugin server needs. Kong's settings must set these variables, because Kong does not
 * pass its environment to the plugin server.
 */
const PASSED_ON = ["NODE_EXTRA_CA_CERTS"];

export function addKongCommand(program: Command): void {
  const kong = program.command("kong").description("run the plugin on Kong");
  addKongSchemaCommand(kong);
  kong
    .command("env")
    .description("print the KONG_* settings that load this installation of the plugin")
    .option("--policy-root <dir>", "directory that contains all policy files", "policies")
    .option(
      "--prefix <dir>",
      "Kong's prefix, the directory in which the socket is",
      process.env.KONG_PREFIX ?? "/usr/local/kong",
    )
    .option("--socket <path>", "socket between Kong and the plugin server (default: jwt-policy.socket in the prefix)")
    .option(
      "--node <path>",
      "the node that Kong starts the server with; Kong's user must be able to run it",
      process.execPath,
    )
    .option(
      "--fetch-settings <file>",
      "the file with the settings for fetching keys: certificate authorities, proxy, client certificates, headers (docs/guides/fetching-keys.md)",
    )
    .option(
      "--state-dir <dir>",
      "the directory in which the plugin server stores fetched public keys for its next start; other users must not be able to write to it (default: jwt-policy-keys in the prefix)",
    )
    .option("--no-state-dir", "keep no keys over restarts")
    .option(
      "--status-listen <host:port>",
      "where the plugin server answers probes: /status/ready, /status/live, /status",
    )
    .addOption(
      new Option(
        "--decision-log <file>",
        "log decisions as lines of JSON, as this settings file says (docs/guides/decision-log.md)",
      ).conflicts("stock"),
    )
    .addOption(
      new Option(
        "--abuse <file>",
        "look for replayed and stolen tokens, as this settings file says (docs/guides/abuse.md)",
      ).conflicts("stock"),
    )
    .addOption(
      new Option(
        "--verdict-cache <where>",
        "where the verdict about a repeated token is reused. guard (the default): in the plugin server and in the guard; server: only in the plugin server; off: nowhere",
      )
        .choices(["guard", "server", "off"])
        .conflicts("stock"),
    )
    .option(
      "--header <name...>",
      "a request header that a policy reads; the plugin then needs no additional call to Kong for this header; the command itself adds the headers that policies under the root read",
    )
    .addOption(
      new Option(
        "--rate-per-client <number>",
        "nginx serves at most this many requests a second of one address, delays further ones, and answers 429 if they would wait longer than 5 s (docs/guides/floods.md)",
      ).argParser(parseRate),
    )
    .option(
      "--guard [dir]",
      "also load the guard, from this package or from a copy of its plugin/guard; the guard is a Lua plugin that lets no request pass without a verdict",
    )
    .option(
      "--stock <path>",
      "use kong-pdk's kong-js-pluginserver at this path instead of our own server; also loads the guard, because this server is safe only with the guard",
    )
    .addOption(
      new Option(
        "--dump-file <path>",
        "Kong reads the schema from this file; for a Kong that does not start the plugin server, such as a control plane or a Kong with a sidecar",
      ).conflicts(["stock", "statusListen", "fetchSettings", "decisionLog", "abuse", "verdictCache"]),
    )
    .addOption(
      new Option(
        "--no-env",
        "start Node directly, for images that lack /usr/bin/env; the plugin server then gets no environment variables",
      ).conflicts("stock"),
    )
    .option("--kong-version <version>", "Kong's version, if the command cannot run `kong` here to get it")
    .addOption(
      new Option("--format <format>", "shell: for eval; env-file: for docker --env-file; json; conf: for kong.conf")
        .choices(FORMATS)
        .default("shell"),
    )
    .action(printKongEnv);
}

async function printKongEnv(options: KongEnvOptions): Promise<void> {
  const version = options.kongVersion ?? (await askKongVersion());
  if (version !== undefined && isKongSupported(version) !== true) {
    process.stderr.write(
      `Kong ${toPrintable(version.trim())} cannot run jwt-policy. Before ${MIN_KONG_VERSION}, Kong lets a request pass when the plugin server fails. Use Kong ${MIN_KONG_VERSION} or later.\n`,
    );
    process.exitCode = 1;
    return;
  }
  if (version === undefined) {
    process.stderr.write(
      `No kong was found here (KONG_BIN or PATH); make sure that Kong is ${MIN_KONG_VERSION} or later.\n`,
    );
  }
  const socket = resolve(options.socket ?? `${options.prefix}/jwt-policy.socket`);
  checkSocketPath(socket);
  if (options.statusListen !== undefined) {
    parseAddress(options.statusListen);
  }
  const mistakes = await findMistakes(options);
  if (mistakes.length > 0) {
    process.stderr.write(`${toPrintableLines(mistakes.join("\n"))}\n`);
    process.exitCode = 1;
    return;
  }
  const installation: Installation = {
    node: resolve(options.node),
    serverMain: fileURLToPath(new URL("../jwt-policy-server.mjs", import.meta.url)),
    launcherMain: fileURLToPath(new URL("../jwt-policy-launcher.mjs", import.meta.url)),
    socket,
    policyRoot: resolve(options.policyRoot),
    fetchSettings: resolveIfAny(options.fetchSettings),
    decisionLog: resolveIfAny(options.decisionLog),
    abuse: resolveIfAny(options.abuse),
    stateDir: options.stateDir === false ? undefined : resolve(options.stateDir ?? `${options.prefix}/jwt-policy-keys`),
    statusListen: options.statusListen,
    verdictCache: options.verdictCache,
    headers: await chooseHeaders(options),
    environment: chooseEnvironment(options),
  };
  const settings = { ...(await choosePluginServer(installation, options)), ...chooseRate(options) };
  const guardPath = findGuard(options);
  if (options.dumpFile === undefined) {
    noteMissingPaths(installation, guardPath);
  }
  if (options.dumpFile === undefined) {
    noteSocketProblem(dirname(socket));
  }
  process.stdout.write(
    formatSettings(guardPath === undefined ? settings : addGuardSettings(settings, guardPath), options.format),
  );
}

const resolveIfAny = (file: string | undefined): string | undefined => (file === undefined ? undefined : resolve(file));

/** Finds mistakes in the settings files of the plugin server. */
async function findMistakes({ fetchSettings, decisionLog, abuse }: KongEnvOptions): Promise<readonly string[]> {
  return [
    ...(fetchSettings === undefined ? [] : describeFindings(fetchSettings, await checkSettingsFile(fetchSettings))),
    ...(decisionLog === undefined ? [] : describeFindings(decisionLog, await checkDecisionLogSettings(decisionLog))),
    ...(abuse === undefined ? [] : describeFindings(abuse, await checkAbuseSettings(abuse))),
  ];
}

/** The settings may be for another machine, so a missing path is only a warning. */
function noteMissingPaths({ policyRoot, node }: Installation, guardPath: string | undefined): void {
  const paths: readonly (readonly [option: string, path: string | undefined])[] = [
    ["--policy-root", policyRoot],
    ["--node", node],
    ["--guard", guardPath && `${guardPath}/kong/plugins/jwt-policy-guard/handler.lua`],
  ];
  for (const [option, path] of paths) {
    if (path !== undefined && !existsSync(path)) {
      process.stderr.write(
        `warning: on this machine there is no ${toPrintable(path)}, which ${option} needs. Correct the path, unless Kong runs on another machine.\n`,
      );
    }
  }
}

/**
 * If the prefix is missing, Kong creates it, and the user who starts Kong becomes its owner. But if root starts Kong,
 * Kong's workers run as another user.
 */
function noteSocketProblem(directory: string): void {
  const isKongToCreateIt = process.getuid?.() !== 0 && !existsSync(directory);
  const user = guessWorkerUser(process.env.KONG_NGINX_USER ?? process.env.KONG_NGINX_MAIN_USER);
  const problem = isKongToCreateIt || user === undefined ? undefined : describeSocketProblem(directory, user);
  if (problem !== undefined) {
    process.stderr.write(`note: on this machine ${problem}\n`);
  }
}

async function choosePluginServer(
  installation: Installation,
  { stock, dumpFile, env }: KongEnvOptions,
): Promise<Readonly<Record<string, string>>> {
  if (stock !== undefined) {
    return createStockSettings(installation, await findStockServer(stock));
  }
  const created = createKongSettings(installation);
  const settings = env ? created : startWithoutEnv(created);
  return dumpFile === undefined ? settings : useDumpFile(settings, resolve(dumpFile));
}

function chooseRate({ ratePerClient }: KongEnvOptions): Readonly<Record<string, string>> {
  return ratePerClient === undefined ? {} : limitRate(ratePerClient);
}

/** @throws Error when a name is not a valid header name. */
async function chooseHeaders({ header = [], policyRoot, decisionLog }: KongEnvOptions): Promise<readonly string[]> {
  const wrong = header.find((name) => !/^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(name));
  if (wrong !== undefined) {
    throw new Error(`--header ${wrong} is not a valid header name: use letters, digits and dashes, such as X-Tenant`);
  }
  return [
    ...header.map((name) => name.toLowerCase()),
    ...(await findReadHeaders(resolve(policyRoot))),
    ...(decisionLog === undefined ? [] : await listLoggedHeaders(decisionLog)),
  ];
}

/** The directory that contains the guard; undefined if the guard is not used. */
function findGuard({ guard, stock }: KongEnvOptions): string | undefined {
  if (typeof guard === "string") {
    return resolve(guard);
  }
  const isGuarded = guard === true || stock !== undefined;
  return isGuarded ? fileURLToPath(new URL("../../plugin/guard", import.meta.url)) : undefined;
}

/** @throws Error when the file does not exist, or when `typescript` cannot be resolved from this file. */
async function findStockServer(path: string): Promise<StockServer> {
  const main = await realpath(path); // Resolve links, because files in node_modules/.bin are links.
  return {
    main,
    typescript: createRequire(main).resolve("typescript"),
    pluginsDirectory: fileURLToPath(new URL("../../plugin/stock", import.meta.url)),
  };
}

/**
 * @throws Error when the plugin server needs an environment variable that is set here, but Kong's settings cannot pass
 * it on.
 */
function chooseEnvironment({ env }: KongEnvOptions): Record<string, string> {
  const passedOn = pickEnvironment(PASSED_ON);
  const [lost] = Object.keys(passedOn);
  if (!env && lost !== undefined) {
    throw new Error(
      `${lost} is set here, but with --no-env the settings cannot pass it on: unset this variable, and set ca_file in --fetch-settings to the certificate authorities`,
    );
  }
  return env ? { NODE_ENV: "production", ...passedOn } : {};
}

function pickEnvironment(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
