/** Serves the user's own `kong.yml` and policies, and prints requests that the user can try. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import pc from "picocolors";
import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import { messageOf } from "../../plugin/core/text/error-message.ts";
import { toPrintableLines } from "../../plugin/core/text/printable.ts";
import { FACTS_VARIABLE } from "../../plugin/kong/facts/facts-variable.ts";
import { didYouMean } from "../../plugin/policy/language/suggest-name.ts";
import { listPolicyFiles } from "../../plugin/runtime/load/list-policy-files.ts";
import { loadPolicyFile } from "../../plugin/runtime/load/policy-store.ts";
import { startEchoUpstream } from "../demo/echo-upstream.ts";
import { formatLogEntry, type LogEntry } from "../message/gateway-log.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../run/start-sandbox.ts";
import { checkApi } from "./check-api.ts";
import { type Api, describeApi } from "./describe-api.ts";
import { formatApiRoutes, formatNotes, formatRequests } from "./format-api.ts";
import { watchFiles } from "./watch-files.ts";

export interface ApiOptions {
  /** The path of `kong.yml`, as the user wrote it. */
  readonly configFile: string;
  readonly policyRoot: string;
  /** The ids of the issuers whose keys the sandbox replaces. */
  readonly standIn: readonly string[];
  /** The directory of the sandbox's keys. */
  readonly keys: string;
  readonly proxyPort: number;
  /** Whether requests go to the Services' own addresses. If false, the echo upstream answers them. */
  readonly usesServices: boolean;
  readonly fetchSettings: string | undefined;
  /**
   * The port on which the plugin server shows its status. The address is this machine's loopback address. If the port
   * is undefined, the server does not show its status.
   */
  readonly statusPort?: number | undefined;
  /**
   * Checks `kong.yml` against the policies.
   *
   * @returns a report, which is empty if there are no findings.
   */
  readonly findProblems: (configText: string) => Promise<string>;
  readonly print: (text: string) => void;
}

export interface ServedApi {
  /**
   * Sends each printed request.
   *
   * @returns whether each status is as expected.
   */
  check(): Promise<boolean>;
  stop(): Promise<void>;
}

/** Runs the added functions in reverse order, and each function only once. */
class Endings {
  readonly #endings: (() => unknown)[] = [];

  add(end: () => unknown): void {
    this.#endings.push(end);
  }

  async run(): Promise<void> {
    for (let end = this.#endings.pop(); end !== undefined; end = this.#endings.pop()) {
      await end();
    }
  }
}

/** @throws Error with a message that says what is wrong and what the user can do. */
export async function serveApi(options: ApiOptions): Promise<ServedApi> {
  const endings = new Endings();
  try {
    return await serve(options, endings);
  } catch (error) {
    await endings.run();
    throw error;
  }
}

async function serve(options: ApiOptions, endings: Endings): Promise<ServedApi> {
  const { configFile, standIn, keys, usesServices, print } = options;
  const policyRoot = resolve(options.policyRoot);
  let configText = await readConfig(configFile);
  await checkStandIns(policyRoot, standIn);
  const echo = usesServices ? undefined : await startEchoUpstream(0);
  endings.add(() => echo?.stop());
  const standInKeys = standIn.length === 0 ? undefined : { issuers: standIn, keys: resolve(keys) };
  const sandbox = await startGateway(options, { configText, policyRoot, standIn: standInKeys, echoPort: echo?.port });
  endings.add(sandbox.stop);
  print(
    `gateway ${sandbox.url}, ${echo ? "for every Service, an echo upstream of the sandbox answers" : "requests go to the Services' own addresses"}`,
  );

  let api: Api = { routes: [], issuers: [] };
  let printed = "";
  const port = Number(new URL(sandbox.url).port);
  /**
   * Describes the API again after the sandbox has loaded a changed file. The sandbox prints the description only if it
   * differs from the last description.
   */
  const show = async (): Promise<void> => {
    const config = sandbox.config();
    api = await describeApi({ config, policyRoot, standIn: standInKeys, port, nowSeconds: Date.now() / 1000 });
    const head = await reportState(options, sandbox, api, configText);
    // The comparison leaves out the tokens, because they differ each time.
    const shown = JSON.stringify([
      head,
      api.routes.map(({ requests }) => requests.map(({ title, status }) => [title, status])),
    ]);
    if (shown !== printed) {
      printed = shown;
      print(`${head}\n${reportRequests(api, sandbox.url, standIn)}`);
    }
  };
  await show();
  const reload = async (): Promise<void> => {
    try {
      const text = await readConfig(configFile);
      const mistakes = text === configText ? undefined : sandbox.reload(text);
      if (mistakes !== undefined) {
        print(
          pc.red(`${toPrintableLines(mistakes)}\n${configFile} has mistakes; the previous version stays in effect`),
        );
        return;
      }
      if (text !== configText) {
        print(pc.dim(`${configFile} changed and is in effect`));
      }
      configText = text;
      await show();
    } catch (error) {
      print(pc.red(`${toPrintableLines(messageOf(error))}; the previous version stays in effect`));
    }
  };
  endings.add(watchFiles([configFile, policyRoot], reload));
  return {
    async check() {
      const { text, isGood } = await checkApi(api, port);
      print(`\n${text}`);
      return isGood;
    },
    stop: () => endings.run(),
  };
}

async function readConfig(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "it does not exist" : messageOf(error);
    throw new Error(`${file} cannot be read: ${why}. Name your kong.yml with --config.`);
  }
}

/** Without this check, a misspelled id would make the sandbox fetch the real issuer's keys. */
async function checkStandIns(policyRoot: string, standIn: readonly string[]): Promise<void> {
  const known = new Set<string>();
  let isBroken = false;
  for (const file of standIn.length === 0 ? [] : await listPolicyFiles(policyRoot)) {
    const load = await loadPolicyFile(policyRoot, file);
    isBroken ||= !load.ok;
    for (const { id } of load.ok ? listIssuers(load.value) : []) {
      known.add(id);
    }
  }
  const unknown = standIn.find((id) => !known.has(id));
  if (unknown !== undefined && !isBroken) {
    const hint = didYouMean(unknown, [...known]) || ` Known: ${[...known].join(", ") || "none"}.`;
    throw new Error(`no policy in ${policyRoot} has an issuer with the id "${unknown}".${hint}`);
  }
}

interface Parts {
  readonly configText: string;
  readonly policyRoot: string;
  readonly standIn:
    | { readonly issuers: string[]; readonly keys: string }
    | undefined
    | Readonly<{ issuers: readonly string[]; keys: string }>;
  readonly echoPort: number | undefined;
}

async function startGateway(
  options: ApiOptions,
  { configText, policyRoot, standIn, echoPort }: Parts,
): Promise<Sandbox> {
  const { configFile, proxyPort, fetchSettings, statusPort, print } = options;
  try {
    return await startSandbox({
      configText,
      configFile,
      policyRoot,
      proxyPort,
      standIn,
      findAddress: echoPort === undefined ? undefined : () => ({ protocol: "http", host: "127.0.0.1", port: echoPort }),
      fetchSettings: fetchSettings === undefined ? undefined : resolve(fetchSettings),
      nginxVariables: { [FACTS_VARIABLE.name]: FACTS_VARIABLE.value },
      environment: process.env,
      ...showStatus(statusPort, print),
      onLog: (entry) => printLog(entry, print),
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") {
      throw new Error(
        `port ${proxyPort} is taken, and the gateway needs it: stop the program that uses it, or choose another port: --proxy-port ${proxyPort + 1}`,
      );
    }
    throw error;
  }
}

/**
 * Returns the options for a sandbox that shows the web view on this port. The sandbox also prints the web view's
 * address.
 */
export function showStatus(
  port: number | undefined,
  print: (text: string) => void,
): Pick<SandboxOptions, "statusListen" | "onStatus"> {
  if (port === undefined) {
    return {};
  }
  return {
    statusListen: `127.0.0.1:${port}`,
    onStatus: (address) => print(`web view http://${address}/status/view`),
  };
}

/** Hides the plugin's log lines with a level below notice, as Kong does by default. */
export function printLog(entry: LogEntry, print: (text: string) => void): void {
  const fromProcess = entry.source === "plugin server";
  if (fromProcess || !["debug", "info"].includes(entry.level)) {
    const colour = { debug: pc.dim, info: pc.dim, notice: pc.dim, warn: pc.yellow, err: pc.red }[entry.level];
    print(colour(formatLogEntry(entry)));
  }
}

async function reportState(options: ApiOptions, sandbox: Sandbox, api: Api, configText: string): Promise<string> {
  const { configFile } = options;
  const warnings = sandbox
    .config()
    .warnings.map(({ line, column, message }) =>
      toPrintableLines(`${pc.yellow("warning")} ${configFile}:${line}:${column} ${message}`),
    );
  const problems = await options.findProblems(configText);
  return [
    `\n${pc.bold("Routes")}\n${formatApiRoutes(api)}`,
    ...(warnings.length > 0 ? [`\n${pc.bold("What the sandbox leaves out")}\n${warnings.join("\n")}`] : []),
    ...(problems === "" ? [] : [`\n${pc.bold("Findings of validate and render")}\n${problems.trimEnd()}`]),
    ...(api.routes.some(({ notes }) => notes.length > 0) ? [`\n${formatNotes(api)}`] : []),
  ].join("\n");
}

function reportRequests(api: Api, url: string, standIn: readonly string[]): string {
  const requests = formatRequests(api, url);
  const hint =
    standIn.length > 0
      ? `tokens of ${standIn.join(", ")} are the sandbox's own, and valid for an hour`
      : `for tokens, start with --stand-in ${api.issuers.join(" --stand-in ") || "ISSUER"}`;
  return [
    `\n${pc.bold("Paste these lines into another terminal")} (${hint})\n`,
    requests,
    `\n${pc.bold("Denials and logs appear below")}; Ctrl-C ends everything.\n`,
  ].join("\n");
}
