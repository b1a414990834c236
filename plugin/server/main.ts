/** The plugin server: the process that Kong starts and asks about every request. */
import { startPluginInstance } from "../kong/handler.ts";
import { NAME, VERSION } from "../kong/plugin-identity.ts";
import { createFactsReader } from "../kong/read-facts.ts";
import { createRuntime } from "../runtime/runtime.ts";
import { serveConnection } from "./connection.ts";
import { renderDump } from "./dump.ts";
import { createInstances } from "./instances.ts";
import { manageLifecycle } from "./lifecycle.ts";
import { identifySocket, listenOnSocket } from "./listen.ts";
import { readServerOptions, type ServerOptions, USAGE } from "./server-options.ts";
import { startWatchdog } from "./watchdog.ts";

/** Bound on one event; fetching keys for the first time takes up to two requests of two seconds. */
const DEADLINE_MS = 5_000;
const WATCHDOG_MS = 3_000;
const GRACE_MS = 10_000;
const EVICT_MS = 600_000;

const log = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

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
  const runtime = createRuntime({ policyRoot: options.policyRoot, now: Date.now, log });
  const readFacts = createFactsReader(options.hasFactsVariable, log);
  const instances = createInstances((configJson) => startPluginInstance(configJson, runtime, readFacts), Date.now);
  let openConnections = 0;
  let ownSocket: string | undefined;
  // Before anything else: a signal must find its handler from the first moment on.
  manageLifecycle({
    graceMs: GRACE_MS,
    isDrained: (parentIsGone) =>
      openConnections === 0 && (parentIsGone || identifySocket(options.socket) !== ownSocket),
    exit(reason) {
      log(`${NAME} ends: ${reason}`);
      process.exit(0);
    },
  });
  const server = await listenOnSocket(options.socket, options.socketMode, (socket) => {
    openConnections += 1;
    socket.on("close", () => {
      openConnections -= 1;
    });
    serveConnection(socket, { instances, deadlineMs: DEADLINE_MS, log });
  });
  server.on("error", (error) => log(`listening: ${error.message}`));
  ownSocket = identifySocket(options.socket);
  log(`${NAME} ${VERSION} listens on ${options.socket}, policies under ${options.policyRoot}`);

  setInterval(() => instances.evictIdle(), EVICT_MS).unref();
  startWatchdog(WATCHDOG_MS);
  await runtime.preload().catch((error: unknown) => {
    log(`policies are not read ahead: ${error instanceof Error ? error.message : "unknown error"}`);
  });
}

serve(readOptions()).catch((error: unknown) => {
  fail(error instanceof Error ? error.message : "can not start");
});
