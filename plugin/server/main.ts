/** The plugin server: the process that Kong starts and asks about every request. */
import type { Server } from "node:net";
import { toPrintableLines } from "../core/printable.ts";
import { createFetcher } from "../keys/fetch-json.ts";
import { DEADLINE_MS, startPluginInstance } from "../kong/handler.ts";
import { NAME, VERSION } from "../kong/plugin-identity.ts";
import { createFactsReader } from "../kong/read-facts.ts";
import { createOperatorLog } from "../observe/operator-log.ts";
import { compileInThreads } from "../runtime/compile-in-threads.ts";
import { listSettingsFiles, openFetcher } from "../runtime/fetch-settings.ts";
import { isCompilingThread } from "../runtime/policy-thread.ts";
import { createRuntime } from "../runtime/runtime.ts";
import { claimGeneration } from "./claim-generation.ts";
import { type Connection, serveConnection } from "./connection.ts";
import { renderDump } from "./dump.ts";
import { createHandOver } from "./hand-over.ts";
import { createInstances } from "./instances.ts";
import { manageLifecycle } from "./lifecycle.ts";
import { identifySocket, keepSocket, listenOnSocket, waitForTurn } from "./listen.ts";
import { readServerOptions, type ServerOptions, USAGE } from "./server-options.ts";
import { type Status, serveStatus } from "./status.ts";
import { startWatchdog } from "./watchdog.ts";

const WATCHDOG_MS = 3_000;
const EVICT_MS = 600_000;
const FOLLOW_MS = 500;

const log = createOperatorLog((line) => void process.stdout.write(`${line}\n`));

// Kong's worker reads the output, and may go before this process does: a log line must not be its end.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

function fail(message: string): never {
  process.stderr.write(`${NAME}: ${toPrintableLines(message)}\n`);
  process.exit(2);
}

function readOptions(): ServerOptions {
  try {
    const options = readServerOptions(process.argv.slice(2));
    if (typeof options !== "string") {
      return options;
    }
    process.stdout.write(`${options === "dump" ? renderDump() : USAGE}\n`);
    process.exit(0);
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : "bad options"}\n${USAGE}`);
  }
}

async function serve(options: ServerOptions): Promise<void> {
  const { policyRoot, policyPollMs, socket: path, socketMode, statusListen, fetchSettings, stateDir } = options;
  const fetchJson = fetchSettings === undefined ? createFetcher() : await openFetcher(fetchSettings);
  const settingsFiles = fetchSettings === undefined ? [] : await listSettingsFiles(fetchSettings);
  const compiler = compileInThreads({ policyRoot, log });
  const runtime = createRuntime({
    policyRoot,
    policyPollMs,
    compiler,
    fetchJson,
    settingsFiles,
    stateDir,
    now: Date.now,
    log,
  });
  const readFacts = createFactsReader(options.hasFactsVariable, log.warn);
  const instances = createInstances(
    (configJson) => startPluginInstance(configJson, runtime, readFacts),
    () => claimGeneration(path),
    () => performance.now(),
  );
  const connections = new Set<Connection>();
  let lastCallMs = performance.now();
  let ownSocket: string | undefined;
  const isOurs = (): boolean => ownSocket !== undefined && identifySocket(path) === ownSocket;

  /** Whether another process has the socket; a file that is merely gone is nobody to send requests to. */
  const isReplaced = (): boolean => !isOurs() && identifySocket(path) !== undefined;

  const handOver = createHandOver({ connections, isReplaced, lastCallMs: () => lastCallMs });

  // Before anything else: a signal must find its handler from the first moment on.
  const lifecycle = manageLifecycle({
    parentPid: options.parentPid ?? process.ppid,
    drain() {
      followStatus();
      return ownSocket === undefined ? "before it listened" : handOver.drain();
    },
    exit(reason) {
      log.info(`${NAME} ends: ${reason}`);
      process.exit(0);
    },
  });
  const readStatus = (): Status => ({
    reasons: [...runtime.readiness.reasons(), ...(isOurs() ? [] : [`another process or none serves ${path}`])],
    policies: runtime.status(),
    keys: runtime.keyStatus(),
    keyStore: runtime.keyStoreStatus(),
    reports: runtime.reportStatus(),
  });
  let giveStatusUp: (() => void) | undefined;
  /** The address goes with the socket: to whoever has it, or waits for it. */
  const followStatus = (): void => {
    if (lifecycle.isEnding() || (ownSocket !== undefined && isReplaced())) {
      giveStatusUp?.();
      giveStatusUp = undefined;
    } else if (statusListen) {
      giveStatusUp ??= serveStatus({ listen: statusListen, read: readStatus, log: log.info });
    }
  };
  followStatus();
  setInterval(followStatus, FOLLOW_MS).unref();

  let listening: Server | undefined;
  const listen = async (): Promise<void> => {
    listening?.close(); // Nobody can reach it any more; who is connected stays.
    const server = await listenOnSocket(path, socketMode, (socket) => {
      const connection = serveConnection(socket, {
        instances,
        deadlineMs: DEADLINE_MS,
        takeWarnings: log.takeWarnings,
        log: log.info,
      });
      connections.add(connection);
      socket.on("data", () => {
        lastCallMs = performance.now();
      });
      socket.on("close", () => {
        connections.delete(connection);
        handOver.noteClosed(connection);
      });
    });
    server.on("error", (error) => log.info(`listening: ${error.message}`));
    listening = server;
    ownSocket = identifySocket(path);
    log.info(`${NAME} ${VERSION} listens on ${path}, policies under ${policyRoot}`);
  };
  process.on("SIGHUP", () => {
    log.info("SIGHUP: all keys are loaded anew");
    void runtime.refreshKeys();
  });
  startWatchdog(WATCHDOG_MS);
  await waitForTurn(path, runtime.readiness.isReady);
  await listen();
  keepSocket(() => lifecycle.isEnding() || isOurs(), path, listen, log.warn);

  setInterval(() => instances.evictIdle(), EVICT_MS).unref();
}

// In one file, the threads that compile policies run this module as well.
if (!isCompilingThread()) {
  serve(readOptions()).catch((error: unknown) => {
    fail(error instanceof Error ? error.message : "can not start");
  });
}
