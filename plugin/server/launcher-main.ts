/**
 * The launcher: the process that Kong starts in place of the plugin server. The launcher attaches to the running
 * server, or starts a server. The launcher ends when the server ends. At each reload, Kong ends the launcher, but the
 * server keeps running.
 */
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { messageOf } from "../core/text/error-message.ts";
import { controlPathOf, pidPathOf } from "./launcher/control-messages.ts";
import { reachServer, readServerProcess, waitForServer } from "./launcher/find-server.ts";
import { type Ending, type KeptServer, keepServer, killServer } from "./launcher/keep-server.ts";
import { findOwner, identifyProcess, isAlive } from "./launcher/process-identity.ts";
import { identifyServer, type ServerCommand } from "./launcher/server-identity.ts";
import { readLastWords, startServer } from "./launcher/start-server.ts";
import { findInheritedSocket } from "./process/inherited-socket.ts";
import { parseLauncherOptions } from "./settings/server-options.ts";

const PARENT_CHECK_MS = 500;
/**
 * How long the launcher waits before it starts a server again, in milliseconds. Kong waits for the same time before it
 * restarts a plugin server that ended at once.
 */
const RESTART_MS = 1_000;
/**
 * Another server may replace the server of this launcher. The new server may not listen for launchers yet. So the
 * launcher looks for the new server for at most `maxMs` milliseconds.
 */
const REPLACEMENT = { maxMs: 5_000, lookMs: 50 };
const CANNOT_START = 2;
const SERVER_DIED = 1;

const { socket, parentPid, serverOptions, files } = readOptions();
const parent = identifyProcess(parentPid);
const owner = findOwner(parentPid);
const command: ServerCommand = {
  node: process.execPath,
  nodeOptions: process.execArgv,
  main: fileURLToPath(new URL("./jwt-policy-server.mjs", import.meta.url)),
  options: serverOptions,
  environment: process.env,
  files,
};
/**
 * A service manager that restarts this launcher expects a new server. When Kong reloads, it expects the running server
 * to stay.
 */
const inherited = findInheritedSocket(process.env, process.pid);
const identity = `${identifyServer(command)}${inherited === undefined ? "" : `-${randomUUID()}`}`;
let current: KeptServer | undefined;

for (const output of [process.stdout, process.stderr]) {
  output.on("error", () => {}); // Kong's worker reads this output. If the worker ends first, this process must keep running.
}
process.on("SIGTERM", () => process.exit(0));
process.on("SIGINT", endAll);
process.on("SIGHUP", passHangUpOn);
setInterval(endWithParent, PARENT_CHECK_MS);
endWithParent();
await keepOneServer();

function readOptions(): ReturnType<typeof parseLauncherOptions> {
  try {
    return parseLauncherOptions(process.argv.slice(2));
  } catch (error) {
    return fail(CANNOT_START, messageOf(error));
  }
}

async function keepOneServer(): Promise<never> {
  let isReplaced = false;
  for (;;) {
    const nextStart = performance.now() + RESTART_MS;
    const found = isReplaced ? await waitForServer(findServer, REPLACEMENT) : await findServer();
    const ending: Ending = await (found?.isEnding === false && (isReplaced || found.isWanted)
      ? follow(found.server)
      : startAnother(found));
    print(`the plugin server ends: ${ending.reason}`);
    isReplaced = ending.isReplaced;
    await sleep(Math.max(0, nextStart - performance.now()));
  }
}

interface FoundServer {
  readonly server: KeptServer;
  readonly isEnding: boolean;
  /** Whether the running server has the same code and settings as a server that this launcher would start. */
  readonly isWanted: boolean;
}

/** Finds the server that runs for this plugin socket, if there is one. */
async function findServer(): Promise<FoundServer | undefined> {
  const connection = await reachServer(controlPathOf(socket));
  if (connection === undefined) {
    return undefined;
  }
  const server = keep(connection);
  const welcome = await server.welcome;
  return welcome && { server, isEnding: welcome.isEnding, isWanted: welcome.identity === identity };
}

/** Stays attached to a server that already runs. */
async function follow(server: KeptServer): Promise<Ending> {
  current = server;
  print(`the plugin server already runs as process ${server.process()?.pid}; this launcher stays attached to it`);
  const ending = await server.ended;
  server.leave();
  return ending ?? fail(SERVER_DIED, "the plugin server has died", ...readLastWords(socket));
}

/** Starts a server and stays attached to it. The new server takes over from the previous server when it is ready. */
async function startAnother(found: FoundServer | undefined): Promise<Ending> {
  const before = found?.server;
  const queued = found === undefined || found.isEnding ? "now" : "later";
  const launched = ["--launched", identity, ...(inherited === undefined ? [] : ["--queued", queued])];
  const { connection, exited } = await startServer(command, socket, inherited, launched).catch((error: Error) =>
    fail(CANNOT_START, `the plugin server cannot be started: ${error.message}`),
  );
  const server = keep(connection, (line) => before?.warn(line));
  current = server;
  void server.listening.then(() => {
    if (inherited === undefined) {
      before?.leave(); // The old server needs no message, because it notices that the socket's file was replaced.
    } else {
      before?.retire();
    }
  });
  const ending = await server.ended;
  if (ending !== undefined) {
    server.leave();
    return ending;
  }
  const status = await exited;
  return fail(status || SERVER_DIED, describeExit(status), ...readLastWords(socket));
}

function describeExit(status: number | undefined): string {
  return status === undefined
    ? "a signal has killed the plugin server"
    : `the plugin server has ended with status ${status}`;
}

/**
 * @param warn writes a warning of this server to Kong's log. The launcher calls `warn` as long as the server itself
 * cannot write to Kong's log.
 */
function keep(connection: Socket, warn: (line: string) => void = () => {}): KeptServer {
  return keepServer(connection, {
    owner,
    print(line, isWarning) {
      print(line);
      if (isWarning) {
        warn(line);
      }
    },
    onSilence(server) {
      print("the plugin server does not answer: it is killed");
      killServer(server ?? readServerProcess(pidPathOf(socket)));
    },
  });
}

function endWithParent(): void {
  if (!isAlive(parent)) {
    process.exit(0);
  }
}

/**
 * SIGINT ends this launcher and its server, for example after Ctrl-C in a terminal. The launcher does not wait until its
 * server has ended. If it waited, it would report the end of the server as an error.
 */
function endAll(): void {
  current?.end();
  process.exit(0);
}

function passHangUpOn(): void {
  const server = current?.process();
  if (server !== undefined) {
    process.kill(server.pid, "SIGHUP");
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(status: number, ...lines: readonly string[]): never {
  for (const line of lines) {
    process.stderr.write(`jwt-policy: ${line}\n`);
  }
  process.exit(status);
}
