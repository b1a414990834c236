/**
 * `npm start` runs the whole gateway on one machine, with a provider that issues tokens and an upstream that echoes requests.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import pc from "picocolors";
import { toPrintableLines } from "../plugin/core/text/printable.ts";
import { FACTS_VARIABLE } from "../plugin/kong/facts/facts-variable.ts";
import { startEchoUpstream } from "./demo/echo-upstream.ts";
import { EXAMPLES, type TokenName } from "./demo/examples.ts";
import { startIdentityProvider } from "./demo/identity-provider.ts";
import { copyForPorts, WRITTEN_PORTS } from "./demo/local-copy.ts";
import { parsePort } from "./demo/parse-port.ts";
import { type ExampleResult, mintExampleTokens, runExample } from "./demo/run-examples.ts";
import { formatCurlLines, formatResults, formatRoutes } from "./demo/sandbox-report.ts";
import { formatLogEntry, type LogEntry } from "./message/gateway-log.ts";
import { type Sandbox, startSandbox } from "./start-sandbox.ts";

interface Flags {
  check: boolean;
  proxyPort: number;
  upstreamPort: number;
  idpPort: number;
}

/** When the user ends the program, the program waits this long for a running start, in milliseconds. */
const START_TIMEOUT = 3_000;
const ROOT = new URL("../../", import.meta.url);

/** Functions that stop the started parts. They run in reverse order. */
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
    const started = await startGateway(port, upstream.port, provider.issuer);
    endings.push(started.stop);
    return { ...started, address: started.url };
  });
  const tokens = await mintExampleTokens(provider);
  if (flags.check) {
    await check(sandbox, tokens);
    return;
  }
  print(`\n${pc.bold("Routes")}\n${formatRoutes(sandbox.config, sandbox.url)}\n`);
  print(`${pc.bold("Paste these lines into another terminal")} (tokens are valid for an hour)\n`);
  print(`${formatCurlLines(sandbox.url, EXAMPLES, tokens)}\n`);
  print(`${pc.bold("Denials and logs appear below")}; Ctrl-C ends everything.\n`);
}

async function startGateway(proxyPort: number, upstreamPort: number, issuer: string): Promise<Sandbox> {
  const ports = { upstream: upstreamPort, provider: Number(new URL(issuer).port) };
  const copy = await copyForPorts(
    fileURLToPath(new URL("kong.yml", ROOT)),
    fileURLToPath(new URL("policies", ROOT)),
    ports,
  );
  endings.push(copy.remove);
  return startSandbox({
    configText: copy.configText,
    policyRoot: copy.policyRoot,
    proxyPort,
    nginxVariables: { [FACTS_VARIABLE.name]: FACTS_VARIABLE.value },
    onLog: printLog,
  });
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

/** Starts one part and prints how long it took. If a port is taken, the error explains that. */
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

/** Hides lines of the plugin below notice, as Kong does by default. */
function printLog(entry: LogEntry): void {
  const fromProcess = entry.source === "plugin server";
  if (fromProcess || !["debug", "info"].includes(entry.level)) {
    const colour = { debug: pc.dim, info: pc.dim, notice: pc.dim, warn: pc.yellow, err: pc.red }[entry.level];
    print(colour(formatLogEntry(entry)));
  }
}

const command = new Command("npm start --")
  .configureOutput({ writeErr: (text) => process.stderr.write(toPrintableLines(text)) })
  .description("Starts the sandbox: gateway, plugin server, OpenID provider and echo upstream.")
  .option("--check", "make the example requests, print the results, and exit", false)
  .option("--proxy-port <port>", "where the gateway listens", parsePort, 8000)
  .option("--upstream-port <port>", "where the echo upstream listens", parsePort, WRITTEN_PORTS.upstream)
  .option("--idp-port <port>", "where the OpenID provider listens", parsePort, WRITTEN_PORTS.provider)
  .parse();

const starting = start(command.opts<Flags>());
let wantsEnd = false;

/** Ends the program cleanly. Waits for a running start, because a part can only be stopped after it has started. */
async function end(): Promise<void> {
  wantsEnd = true;
  await Promise.race([starting.catch(() => undefined), sleep(START_TIMEOUT)]);
  await endAll();
  process.exit(0);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, end);
}
// If the reader of the output closes it, as in `npm start | head`, end the program as for Ctrl-C.
process.stdout.on("error", end);

try {
  await starting;
} catch (error) {
  await endAll();
  // Ctrl-C in a terminal also stops the plugin server. A start that fails for this reason is not an error.
  if (!wantsEnd) {
    process.stderr.write(`${pc.red(toPrintableLines(error instanceof Error ? error.message : String(error)))}\n`);
    process.exit(1);
  }
}
