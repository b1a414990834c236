/**
 * `npm start` runs the whole gateway on one machine, with a provider that issues tokens and an upstream that echoes requests.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import pc from "picocolors";
import { messageOf } from "../plugin/core/text/error-message.ts";
import { toPrintableLines } from "../plugin/core/text/printable.ts";
import { FACTS_VARIABLE } from "../plugin/kong/facts/facts-variable.ts";
import { printLog, showStatus } from "./api/serve-api.ts";
import { watchFiles } from "./api/watch-files.ts";
import { startEchoUpstream } from "./demo/echo-upstream.ts";
import { EXAMPLES, type TokenName } from "./demo/examples.ts";
import { startIdentityProvider } from "./demo/identity-provider.ts";
import { copyForPorts, type LocalCopy, WRITTEN_PORTS } from "./demo/local-copy.ts";
import { parsePort } from "./demo/parse-port.ts";
import { type ExampleResult, mintExampleTokens, runExample } from "./demo/run-examples.ts";
import { formatCurlLines, formatResults, formatRoutes } from "./demo/sandbox-report.ts";
import { type Sandbox, startSandbox } from "./run/start-sandbox.ts";
import { untilEnd } from "./run/until-end.ts";

interface Flags {
  check: boolean;
  proxyPort: number;
  upstreamPort: number;
  idpPort: number;
  statusPort: number;
}

/**
 * If the user ends the program while parts are starting, the program waits for these parts for at most this many
 * milliseconds.
 */
const START_TIMEOUT = 3_000;
const ROOT = new URL("../../", import.meta.url);

/** Functions that stop the started parts. The functions run in reverse order. */
const endings: (() => Promise<void>)[] = [];

async function endAll(): Promise<void> {
  for (let end = endings.pop(); end !== undefined; end = endings.pop()) {
    await end();
  }
}

async function start(flags: Flags): Promise<void> {
  const provider = await startStep("OpenID provider", "--idp-port", flags.idpPort, async (port) => {
    const started = await startIdentityProvider(port);
    endings.push(started.stop);
    return { ...started, address: started.issuer };
  });
  const upstream = await startStep("echo upstream", "--upstream-port", flags.upstreamPort, async (port) => {
    const started = await startEchoUpstream(port);
    endings.push(started.stop);
    return { ...started, address: `http://127.0.0.1:${started.port}` };
  });
  const sandbox = await startStep("gateway", "--proxy-port", flags.proxyPort, async (port) => {
    const started = await startGateway(
      port,
      upstream.port,
      provider.issuer,
      flags.check ? undefined : flags.statusPort,
    );
    endings.push(started.stop);
    return { ...started, address: started.url };
  });
  const tokens = await mintExampleTokens(provider);
  if (flags.check) {
    await check(sandbox, tokens);
    return;
  }
  print(`\n${pc.bold("Routes")}\n${formatRoutes(sandbox.config(), sandbox.url)}\n`);
  print(`${pc.bold("Paste these lines into another terminal")} (tokens are valid for an hour)\n`);
  print(`${formatCurlLines(sandbox.url, EXAMPLES, tokens)}\n`);
  print(`${pc.bold("Denials and logs appear below")}; Ctrl-C ends everything.\n`);
}

async function startGateway(
  proxyPort: number,
  upstreamPort: number,
  issuer: string,
  statusPort: number | undefined,
): Promise<Sandbox> {
  const ports = { upstream: upstreamPort, provider: Number(new URL(issuer).port) };
  const files = [fileURLToPath(new URL("kong.yml", ROOT)), fileURLToPath(new URL("policies", ROOT))] as const;
  const copy = await copyForPorts(...files, ports);
  endings.push(copy.remove);
  const sandbox = await startSandbox({
    configText: copy.configText,
    policyRoot: copy.policyRoot,
    proxyPort,
    nginxVariables: { [FACTS_VARIABLE.name]: FACTS_VARIABLE.value },
    ...showStatus(statusPort, print),
    onLog: (entry) => printLog(entry, print),
  });
  const stopWatching = watchFiles(files, () => follow(copy, sandbox));
  endings.push(async () => stopWatching());
  return sandbox;
}

/** Loads the current files into the sandbox. The plugin server itself watches the policies. */
async function follow(copy: LocalCopy, sandbox: Sandbox): Promise<void> {
  try {
    const mistakes = sandbox.reload(await copy.refresh());
    print(
      mistakes === undefined
        ? pc.dim("kong.yml or policies/ changed: the change is in effect")
        : pc.red(`${mistakes}\nthe previous version stays in effect`),
    );
  } catch (error) {
    print(pc.red(toPrintableLines(`${messageOf(error)}; the previous version stays in effect`)));
  }
}

async function check(sandbox: Sandbox, tokens: Readonly<Record<TokenName, string>>): Promise<void> {
  const results: ExampleResult[] = [];
  for (const example of EXAMPLES) {
    results.push(await runExample(sandbox.url, example, tokens));
  }
  await endAll();
  print(`\n${formatResults(results)}`);
  process.exitCode = results.every(({ differences }) => differences.length === 0) ? 0 : 1;
}

/** Starts one part and prints how long the start took. If another program has the port, the error says so. */
async function startStep<T extends { address: string }>(
  what: string,
  flag: string,
  port: number,
  run: (port: number) => Promise<T>,
): Promise<T> {
  const begin = performance.now();
  try {
    const started = await run(port);
    print(`${what.padEnd(16)} ${started.address}  ${pc.dim(`${Math.round(performance.now() - begin)} ms`)}`);
    return started;
  } catch (error) {
    const { code, port: taken } = error as NodeJS.ErrnoException & { port?: number };
    if (code === "EADDRINUSE" && taken === port) {
      const other = `npm start -- ${flag} ${port + 1}`;
      throw new Error(
        `port ${port} is taken, and the ${what} needs it: stop the program that uses it, or choose another port: ${other}`,
      );
    }
    throw error;
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const command = new Command("npm start --")
  .configureOutput({ writeErr: (text) => process.stderr.write(toPrintableLines(text)) })
  .description("Starts the sandbox: gateway, plugin server, OpenID provider and echo upstream.")
  .option("--check", "make the example requests, print the results, and exit", false)
  .option("--proxy-port <port>", "where the gateway listens", parsePort, 8000)
  .option("--upstream-port <port>", "where the echo upstream listens", parsePort, WRITTEN_PORTS.upstream)
  .option("--idp-port <port>", "where the OpenID provider listens", parsePort, WRITTEN_PORTS.provider)
  .option("--status-port <port>", "where the plugin server shows its status and the web view", parsePort, 8008)
  .parse();

const starting = start(command.opts<Flags>());
let wantsEnd = false;

/** If parts are still starting, waits for them first, because a part can only be stopped after it has started. */
void untilEnd(async () => {
  wantsEnd = true;
  await Promise.race([starting.catch(() => undefined), sleep(START_TIMEOUT)]);
  await endAll();
});

try {
  await starting;
  if (command.opts<Flags>().check) {
    process.exit();
  }
} catch (error) {
  await endAll();
  // In a terminal, Ctrl-C also stops the plugin server. If a start fails because of Ctrl-C, this is not an error.
  if (!wantsEnd) {
    process.stderr.write(`${pc.red(toPrintableLines(messageOf(error)))}\n`);
    process.exit(1);
  }
}
