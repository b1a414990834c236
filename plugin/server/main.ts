/** The plugin server: the process that Kong starts and asks about every request. */
import type { Server } from "node:net";
import { DEADLINE_MS, startPluginInstance } from "../kong/handler.ts";
import { NAME, VERSION } from "../kong/plugin-identity.ts";
import { createFactsReader } from "../kong/read-facts.ts";
import { createOperatorLog } from "../observe/operator-log.ts";
import { createRuntime } from "../runtime/runtime.ts";
import { claimGeneration } from "./claim-generation.ts";
import { type Connection, serveConnection } from "./connection.ts";
import { renderDump } from "./dump.ts";
import { createInstances } from "./instances.ts";
import { manageLifecycle } from "./lifecycle.ts";
import { identifySocket, keepSocket, listenOnSocket, waitForTurn } from "./listen.ts";
import { readServerOptions, type ServerOptions, USAGE } from "./server-options.ts";
import { type Status, serveStatus } from "./status.ts";
import { startWatchdog } from "./watchdog.ts";

const WATCHDOG_MS = 3_000;
/** How long connections are still served after another process took over. */
const GRACE_MS = 10_000;
/** How long a process that is to end waits for one that takes over; and how long, when no call comes any more. */
const SUCCESSOR_WAIT_MS = 60_000;
const SUCCESSOR_IDLE_WAIT_MS = 3_000;
const EVICT_MS = 600_000;
const FOLLOW_MS = 500;
/** A connection without a call for so long may be closed while the process ends. */
const IDLE_MS = 1_000;

const log = createOperatorLog((line) => void process.stdout.write(`${line}\n`));

const isPast = (limitMs: number, since: number): boolean => performance.now() - since > limitMs;

// Kong's worker reads the output, and may go before this process does: a log line must not be its end.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

function fail(message: string): never {
  process.stderr.write(`${NAME}: ${message}\n`);
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
  const { policyRoot, policyPollMs, socket: path, socketMode, statusListen } = options;
  const runtime = createRuntime({ policyRoot, policyPollMs, now: Date.now, log });
  const readFacts = createFactsReader(options.hasFactsVariable, log.warn);
  const instances = createInstances(
    (configJson) => startPluginInstance(configJson, runtime, readFacts),
    () => claimGeneration(path),
    () => performance.now(),
  );
  const connections = new Set<Connection>();
  let lastCallMs = performance.now();
  let endingSince: number | undefined;
  let replacedSince: number | undefined;
  let ownSocket: string | undefined;
  const isOurs = (): boolean => ownSocket !== undefined && identifySocket(path) === ownSocket;

  /** Whether another process has the socket; a file that is merely gone is nobody to send requests to. */
  const isReplaced = (): boolean => !isOurs() && identifySocket(path) !== undefined;

  // Before anything else: a signal must find its handler from the first moment on.
  const lifecycle = manageLifecycle({
    parentPid: options.parentPid ?? process.ppid,
    drain() {
      followStatus();
      endingSince ??= performance.now();
      if (ownSocket === undefined) {
        return "before it listened";
      }
      if (!isReplaced()) {
        // Whoever goes now leaves requests to nobody: the next process may be on its way, as on `kong reload`.
        return isPast(SUCCESSOR_WAIT_MS, endingSince) ||
          isPast(SUCCESSOR_IDLE_WAIT_MS, Math.max(endingSince, lastCallMs))
          ? "nobody took over"
          : undefined;
      }
      replacedSince ??= performance.now();
      // One each time: Kong may use a connection in the moment in which it is closed, and tries again over another one.
      [...connections].some((connection) => connection.retire());
      [...connections].some((connection) => connection.closeIfIdle(IDLE_MS));
      if (connections.size === 0) {
        return "nothing left to serve";
      }
      return isPast(GRACE_MS, replacedSince) ? "grace time over" : undefined;
    },
    exit(reason) {
      log.info(`${NAME} ends: ${reason}`);
      process.exit(0);
    },
  });
  const readStatus = (): Status => ({
    reasons: [...runtime.readiness.reasons(), ...(isOurs() ? [] : [`another process or none serves ${path}`])],
    policies: runtime.status(),
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
      socket.on("close", () => connections.delete(connection));
    });
    server.on("error", (error) => log.info(`listening: ${error.message}`));
    listening = server;
    ownSocket = identifySocket(path);
    log.info(`${NAME} ${VERSION} listens on ${path}, policies under ${policyRoot}`);
  };
  startWatchdog(WATCHDOG_MS);
  await waitForTurn(path, runtime.readiness.isReady);
  await listen();
  keepSocket(() => lifecycle.isEnding() || isOurs(), path, listen, log.warn);

  setInterval(() => instances.evictIdle(), EVICT_MS).unref();
}

serve(readOptions()).catch((error: unknown) => {
  fail(error instanceof Error ? error.message : "can not start");
});
