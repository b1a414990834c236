/** The plugin server: the process that decides every request for Kong. */
import type { Socket } from "node:net";
import { toPrintableLines } from "../core/text/printable.ts";
import { createFetcher } from "../keys/fetch/fetch-json.ts";
import { NAME, VERSION } from "../kong/contract/plugin-identity.ts";
import { denyOwn } from "../kong/deny-own.ts";
import { createFactsReader } from "../kong/facts/read-facts.ts";
import { DEADLINE_MS, type PluginInstance, startPluginInstance } from "../kong/handler.ts";
import { createOperatorLog, type OperatorLog } from "../observe/operator-log.ts";
import { listSettingsFiles, openFetcher } from "../runtime/fetch-settings.ts";
import { compileInThreads } from "../runtime/load/compile-in-threads.ts";
import { isCompilingThread } from "../runtime/load/policy-thread.ts";
import { createRuntime, type Runtime } from "../runtime/runtime.ts";
import { SOCKET_DESCRIPTOR } from "./launcher/control-messages.ts";
import { checkStart } from "./process/check-start.ts";
import { claimGeneration } from "./process/claim-generation.ts";
import { createHandOver } from "./process/hand-over.ts";
import { findInheritedSocket } from "./process/inherited-socket.ts";
import { Launchers } from "./process/launchers.ts";
import { type Lifecycle, manageLifecycle } from "./process/lifecycle.ts";
import { keepSocket, waitForReadiness, waitForTurn } from "./process/listen.ts";
import { PluginSocket } from "./process/plugin-socket.ts";
import { startWatchdog } from "./process/watchdog.ts";
import { type Connection, serveConnection } from "./protocol/connection.ts";
import { createInstances } from "./protocol/instances.ts";
import { renderDump } from "./settings/dump.ts";
import { checkPolicyRoot, readServerOptions, type ServerOptions, USAGE } from "./settings/server-options.ts";
import { type Status, serveStatus } from "./status/status.ts";

const WATCHDOG_MS = 3_000;
const FOLLOW_MS = 500;
const RETRY_MS = 1_000;
/** Shorter than the time that Kong waits for the answer to a call. */
const MAX_QUEUE_MS = 3_000;
/** Time for the launcher to read that this process ends. */
const FAREWELL_MS = 50;

const countedSince = Date.now();

/** The parts of this process that exist before any policy is known. */
interface Process {
  readonly options: ServerOptions;
  readonly log: OperatorLog;
  readonly socket: PluginSocket;
  readonly launchers: Launchers | undefined;
  readonly lifecycle: Lifecycle;
  /** Whether a service manager holds the socket. */
  readonly isQueue: boolean;
}

/** Answers Kong's calls with decisions by policies, or refuses all of them. */
interface Judge {
  readonly start: (configJson: string) => PluginInstance;
  readonly isReady: () => boolean;
  readonly readStatus: () => Status;
  readonly refreshKeys: () => void;
}

// The process that reads the output may end before this one. Then a log line must not end this process.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

// In the bundled file, the threads that compile policies run this module as well.
if (!isCompilingThread()) {
  const options = readOptions();
  (options.isDump ? answerQuery(options) : serve(options)).catch((error: unknown) => {
    fail(error instanceof Error ? error.message : "cannot start");
  });
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
    const reason = error instanceof Error ? error.message : "bad options";
    if (process.argv.includes("--dump")) {
      refuseStart([reason]);
      process.exit();
    }
    return fail(`${reason}\n${USAGE}`);
  }
}

/** Answers Kong's query with the plugin's description, or with the reason why the server could not start. */
async function answerQuery(options: ServerOptions): Promise<void> {
  const { fatal, warnings } = await checkStart(options);
  for (const warning of warnings) {
    process.stderr.write(`${NAME}: the plugin server will refuse all requests: ${warning}\n`);
  }
  if (fatal.length > 0) {
    refuseStart(fatal);
  } else {
    process.stdout.write(`${renderDump()}\n`);
  }
}

/** If the answer is a text, Kong quotes it in its own error, so Kong's log shows why Kong does not start. */
function refuseStart(reasons: readonly string[]): void {
  process.stdout.write(`${JSON.stringify(`${NAME} cannot start: ${reasons.join("; ")}`)}\n`);
  process.exitCode = 2;
}

function fail(message: string): never {
  process.stderr.write(`${NAME}: ${toPrintableLines(message)}\n`);
  process.exit(2);
}

async function serve(options: ServerOptions): Promise<void> {
  const inherited = options.queued ? SOCKET_DESCRIPTOR : findInheritedSocket(process.env, process.pid);
  const own = prepareProcess(options, inherited); // First, so that signals are handled from the start.
  const judge = await prepareJudge(own);
  offerStatus(own, judge);
  yieldWhenReplaced(own);
  process.on("SIGHUP", judge.refreshKeys);
  startWatchdog(WATCHDOG_MS);
  await waitForSocket(own, judge);
  await listen(own, judge);
}

/** If a service manager holds the socket, calls wait in its queue if no other server accepts them. */
function waitForSocket({ options, isQueue }: Process, { isReady }: Judge): Promise<void> {
  if (!isQueue) {
    return waitForTurn(options.socket, isReady);
  }
  return waitForReadiness(isReady, options.queued === "later" ? Number.POSITIVE_INFINITY : MAX_QUEUE_MS);
}

function prepareProcess(options: ServerOptions, inherited: number | undefined): Process {
  const { socket: path, socketMode, launched, parentPid = process.ppid } = options;
  let isRetired = false;
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const log: OperatorLog = createOperatorLog((line, isWarning) =>
    launchers ? launchers.print(line, isWarning) : print(line),
  );
  const socket = new PluginSocket({
    path,
    mode: socketMode,
    inherited,
    onClosed: (connection) => handOver.noteClosed(connection),
    log: log.info,
  });
  const handOver = createHandOver({
    connections: socket.connections,
    isReplaced: () => isRetired || socket.isReplaced(),
    // A launched server serves until its successor accepts connections.
    leaveToQueue: () => launchers === undefined && socket.leaveToQueue(),
    lastCallMs: () => socket.lastCallMs,
  });
  const lifecycle: Lifecycle = manageLifecycle({
    findReasonToEnd: () =>
      launchers ? launchers.findReasonToEnd() : process.ppid === parentPid ? undefined : "the parent process is gone",
    onFinal: (reason) => launchers?.tellEnding(reason, isRetired || socket.isReplaced()),
    drain: () => (socket.hasListened ? handOver.drain() : "before it listened"),
    resume: handOver.resume,
    exit(reason) {
      log.info(`${NAME} ends: ${reason}`);
      setTimeout(() => process.exit(0), launchers ? FAREWELL_MS : 0);
    },
  });
  const launchers: Launchers | undefined =
    launched === undefined
      ? undefined
      : new Launchers({
          socket: path,
          identity: launched,
          isQueue: inherited !== undefined,
          onRetire() {
            isRetired = true;
            socket.stopAccepting();
            lifecycle.end("another server has taken over");
          },
          onAttached: lifecycle.look,
          isEnding: lifecycle.isEnding,
          lastCallMs: () => socket.lastCallMs,
          onEnd: () => process.kill(process.pid, "SIGINT"),
          onWarning: log.warn,
        });
  return { options, log, socket, launchers, lifecycle, isQueue: inherited !== undefined };
}

/** A launched server that cannot judge refuses all requests with the reason, because Kong's log does not show why a process ended. */
async function prepareJudge(own: Process): Promise<Judge> {
  try {
    return await openPolicies(own);
  } catch (error) {
    if (own.launchers === undefined) {
      throw error;
    }
    const reason = error instanceof Error ? error.message : "unknown error";
    own.log.warn(`the plugin server cannot judge requests: ${reason}`);
    retryUntilSound(own);
    return refuseAll(reason);
  }
}

async function openPolicies({ options, log, socket }: Process): Promise<Judge> {
  const { policyRoot, policyPollMs, fetchSettings, stateDir, hasFactsVariable } = options;
  checkPolicyRoot(policyRoot);
  const fetchJson = fetchSettings === undefined ? createFetcher() : await openFetcher(fetchSettings);
  const settingsFiles = fetchSettings === undefined ? [] : await listSettingsFiles(fetchSettings);
  const runtime: Runtime = createRuntime({
    policyRoot,
    policyPollMs,
    compiler: compileInThreads({ policyRoot, log }),
    fetchJson,
    settingsFiles,
    stateDir,
    now: Date.now,
    log,
  });
  const readFacts = createFactsReader(hasFactsVariable, log.warn);
  return {
    start: (configJson) => startPluginInstance(configJson, runtime, readFacts),
    isReady: runtime.readiness.isReady,
    readStatus: () => ({
      reasons: [
        ...runtime.readiness.reasons(),
        ...(socket.isOurs() ? [] : [`another process or none serves ${options.socket}`]),
      ],
      policies: runtime.status(),
      keys: runtime.keyStatus(),
      keyStore: runtime.keyStoreStatus(),
      reports: runtime.reportStatus(),
      judged: runtime.judgedStatus(),
      countedSince,
    }),
    refreshKeys() {
      log.info("SIGHUP: all keys are loaded anew");
      void runtime.refreshKeys();
    },
  };
}

function refuseAll(reason: string): Judge {
  const denial = denyOwn("internal_error", `the plugin server cannot judge requests: ${reason}`);
  return {
    start: () => ({ access: async () => denial }),
    isReady: () => false,
    readStatus: () => ({ reasons: [reason], policies: [], keys: [], reports: [], judged: [], countedSince }),
    refreshKeys: () => {},
  };
}

/** Ends the process when its settings are valid, so that the next process starts with them. */
function retryUntilSound({ options, lifecycle }: Process): void {
  const retry = async (): Promise<void> => {
    try {
      checkPolicyRoot(options.policyRoot);
      if (options.fetchSettings !== undefined) {
        await openFetcher(options.fetchSettings);
      }
      lifecycle.end("its settings are sound now");
    } catch {
      setTimeout(retry, RETRY_MS);
    }
  };
  setTimeout(retry, RETRY_MS);
}

/** Serves the status while this process has the socket, or may still get it. */
function offerStatus({ options: { statusListen }, log, socket, lifecycle }: Process, { readStatus }: Judge): void {
  let giveStatusUp: (() => void) | undefined;
  /** The status address follows the socket, to the process that has it or waits for it. */
  const followStatus = (): void => {
    if (lifecycle.isEnding() || socket.isReplaced()) {
      giveStatusUp?.();
      giveStatusUp = undefined;
    } else if (statusListen) {
      giveStatusUp ??= serveStatus({ listen: statusListen, read: readStatus, log: log.info });
    }
  };
  followStatus();
  setInterval(followStatus, FOLLOW_MS).unref();
}

/** Kong keeps one server, so a launched one ends when another has taken over. */
function yieldWhenReplaced({ socket, launchers, lifecycle }: Process): void {
  if (launchers !== undefined) {
    setInterval(() => {
      if (socket.isReplaced()) {
        lifecycle.end("another server has taken over");
      }
    }, FOLLOW_MS).unref();
  }
}

async function listen(own: Process, judge: Judge): Promise<void> {
  const { options, log, socket, lifecycle, launchers } = own;
  const instances = createInstances(
    judge.start,
    () => claimGeneration(options.socket),
    () => performance.now(),
  );
  const answer = (connected: Socket): Connection =>
    serveConnection(connected, {
      instances,
      deadlineMs: DEADLINE_MS,
      takeWarnings: log.takeWarnings,
      log: log.info,
    });
  const listenAnew = async (): Promise<void> => {
    await socket.listen(answer);
    await launchers?.listen();
    log.info(`${NAME} ${VERSION} listens on ${options.socket}, policies under ${options.policyRoot}`);
  };
  await listenAnew();
  keepSocket(() => lifecycle.isEnding() || socket.isOurs(), options.socket, listenAnew, log.warn);
}
