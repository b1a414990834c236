import { execFile } from "node:child_process";
import { realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Command, Option } from "commander";
import { addGuardSettings } from "../plugin/server/guard-settings.ts";
import {
  createKongSettings,
  type Installation,
  isKongSupported,
  MIN_KONG_VERSION,
} from "../plugin/server/kong-settings.ts";
import { checkSocketPath, parseAddress } from "../plugin/server/server-options.ts";
import { createStockSettings, type StockServer } from "../plugin/server/stock-settings.ts";
import { addKongSchemaCommand } from "./kong-schema.ts";

interface KongEnvOptions {
  readonly policyRoot: string;
  readonly prefix: string;
  readonly socket?: string;
  readonly node: string;
  readonly statusListen?: string;
  readonly kongVersion?: string;
  readonly guard?: boolean;
  readonly stock?: string;
  readonly format: "shell" | "env-file" | "json";
}

/** What the plugin server needs of this environment, for Kong passes nothing on. */
const PASSED_ON = ["NODE_EXTRA_CA_CERTS"];

export function addKongCommand(program: Command): void {
  const kong = program.command("kong").description("run the plugin on Kong");
  addKongSchemaCommand(kong);
  kong
    .command("env")
    .description("print the KONG_* settings that load this installation of the plugin")
    .option("--policy-root <dir>", "directory that all policy files lie in", "policies")
    .option("--prefix <dir>", "Kong's prefix, where the socket goes", process.env.KONG_PREFIX ?? "/usr/local/kong")
    .option("--socket <path>", "socket between Kong and the plugin server (default: jwt-policy.socket in the prefix)")
    .option(
      "--node <path>",
      "the node that Kong starts the server with; Kong's user must be able to run it",
      process.execPath,
    )
    .option(
      "--status-listen <host:port>",
      "where the plugin server answers probes: /status/ready, /status/live, /status",
    )
    .option("--guard", "load the guard as well: a Lua plugin that lets nothing pass without a verdict")
    .option(
      "--stock <path>",
      "use kong-pdk's kong-js-pluginserver at this path instead of our own server; its protocol needs the guard, which is loaded as well",
    )
    .option("--kong-version <version>", "Kong's version, where `kong` can not be run here to ask for it")
    .addOption(
      new Option("--format <format>", "shell: for eval; env-file: for docker --env-file; json")
        .choices(["shell", "env-file", "json"])
        .default("shell"),
    )
    .action(printKongEnv);
}

async function printKongEnv(options: KongEnvOptions): Promise<void> {
  const version = options.kongVersion ?? (await askKongVersion());
  if (version !== undefined && isKongSupported(version) !== true) {
    process.stderr.write(
      `Kong ${version.trim()} can not run jwt-policy: before ${MIN_KONG_VERSION} Kong lets a request pass when the plugin server fails. Use Kong ${MIN_KONG_VERSION} or later.\n`,
    );
    process.exitCode = 1;
    return;
  }
  if (version === undefined) {
    process.stderr.write(`No kong found here (KONG_BIN or PATH); make sure that it is ${MIN_KONG_VERSION} or later.\n`);
  }
  const socket = resolve(options.socket ?? `${options.prefix}/jwt-policy.socket`);
  checkSocketPath(socket);
  if (options.statusListen !== undefined) {
    parseAddress(options.statusListen);
  }
  const installation: Installation = {
    node: resolve(options.node),
    serverMain: fileURLToPath(new URL("../plugin/server/main.js", import.meta.url)),
    socket,
    policyRoot: resolve(options.policyRoot),
    statusListen: options.statusListen,
    environment: { NODE_ENV: "production", ...pickEnvironment(PASSED_ON) },
  };
  const settings =
    options.stock === undefined
      ? createKongSettings(installation)
      : createStockSettings(installation, await findStockServer(options.stock));
  const isGuarded = options.guard === true || options.stock !== undefined;
  const guardPath = fileURLToPath(new URL("../../plugin/guard", import.meta.url));
  process.stdout.write(formatSettings(isGuarded ? addGuardSettings(settings, guardPath) : settings, options.format));
}

/** @throws Error when there is no such file, or no TypeScript that belongs to it. */
async function findStockServer(path: string): Promise<StockServer> {
  const main = await realpath(path); // What npm puts into node_modules/.bin is a link.
  return {
    main,
    typescript: createRequire(main).resolve("typescript"),
    pluginsDirectory: fileURLToPath(new URL("../../plugin/stock", import.meta.url)),
  };
}

async function askKongVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(process.env.KONG_BIN ?? "kong", ["version"], { timeout: 10_000 });
    return stdout;
  } catch {
    return undefined;
  }
}

function pickEnvironment(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

function formatSettings(settings: Readonly<Record<string, string>>, format: KongEnvOptions["format"]): string {
  const entries = Object.entries(settings);
  switch (format) {
    case "json":
      return `${JSON.stringify(settings, null, 2)}\n`;
    case "env-file": // Docker takes the rest of the line as it is, quotes included.
      return entries.map(([name, value]) => `${name}=${value}\n`).join("");
    case "shell":
      return entries.map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`).join("");
  }
}
