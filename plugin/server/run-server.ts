/** Runs the plugin server, from the start of the process until its end. */
import { messageOf } from "../core/text/error-message.ts";
import { toPrintableLines } from "../core/text/printable.ts";
import { NAME, VERSION } from "../kong/contract/plugin-identity.ts";
import { DEADLINE_MS } from "../kong/handler.ts";
import type { ReplaceKeys } from "../runtime/runtime.ts";
import { answerQuery, refuseStart } from "./answer-query.ts";
import { type Judge, prepareJudge } from "./judge.ts";
import { SOCKET_DESCRIPTOR } from "./launcher/control-messages.ts";
import { claimGeneration } from "./process/claim-generation.ts";
import { findInheritedSocket } from "./process/inherited-socket.ts";
import { keepSocket, waitAtMost, waitForReadiness, waitForTurn } from "./process/listen.ts";
import { startWatchdog } from "./process/watchdog.ts";
import { serveConnection } from "./protocol/connection.ts";
import { createInstances } from "./protocol/instances.ts";
import { ServerProcess } from "./server-process.ts";
import { renderDump } from "./settings/dump.ts";
import { readServerOptions, type ServerOptions, USAGE } from "./settings/server-options.ts";
import { serveStatus } from "./status/status.ts";

const WATCHDOG_MS = 3_000;
const FOLLOW_MS = 500;
/**
 * Maximum time for the warm-up at the start, in milliseconds. The warm-up must be short, because Kong refuses requests while no
 * process listens.
 */
const MAX_WARMING_MS = 500;
/**
 * How many milliseconds calls may wait in the socket's queue until this process is ready. The time is shorter than the
 * time for which Kong waits for an answer.
 */
const MAX_QUEUE_MS = 3_000;

/**
 * Runs the plugin server in this process.
 *
 * @param args the arguments of the command line.
 * @param replaceKeys a function that only the sandbox's own server uses. Kong's plugin server never gets `replaceKeys`.
 */
export function runServer(args: readonly string[], replaceKeys?: ReplaceKeys): void {
  // The process that reads the output may end before this process. A later log line must not end this process.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  const options = readOptions(args);
  (options.isDump ? answerQuery(options) : serve(options, replaceKeys)).catch((error: unknown) => {
    fail(messageOf(error));
  });
}

function readOptions(args: readonly string[]): ServerOptions {
  try {
    const options = readServerOptions(args);
    if (typeof options !== "string") {
      return options;
    }
    process.stdout.write(`${options === "dump" ? renderDump() : USAGE}\n`);
    process.exit(0);
  } catch (error) {
    const reason = messageOf(error);
    if (args.includes("--dump")) {
      refuseStart([reason]);
      process.exit();
    }
    return fail(`${reason}\n${USAGE}`);
  }
}

function fail(message: string): never {
  process.stderr.write(`${NAME}: ${toPrintableLines(message)}\n`);
  process.exit(2);
}

/**
 * The steps of the server's start. For the steps of its end, see the comment of ServerProcess.
 */
async function serve(options: ServerOptions, replaceKeys?: ReplaceKeys): Promise<void> {
  const inherited = options.queued ? SOCKET_DESCRIPTOR : findInheritedSocket(process.env, process.pid);
  const own = new ServerProcess(options, inherited); // `ServerProcess` is created first, so that signals are handled from the beginning.
  const judge = await prepareJudge(own, replaceKeys);
  offerStatus(own, judge);
  agreeOnOneServer(own);
  process.on("SIGHUP", judge.refreshKeys);
  startWatchdog(WATCHDOG_MS);
  await waitForSocket(own, judge);
  await listen(own, judge);
}

/** Answers status requests as long as this process has the plugin socket or may still get it. */
function offerStatus(
  { options: { statusListen }, log, socket, lifecycle }: ServerProcess,
  { readStatus, readMetrics }: Judge,
): void {
  let giveStatusUp: (() => void) | undefined;
  /** A process listens on the status address as long as it has the plugin socket or waits for it. */
  const followStatus = (): void => {
    if (lifecycle.isEnding() || socket.isReplaced()) {
      giveStatusUp?.();
      giveStatusUp = undefined;
    } else if (statusListen) {
      giveStatusUp ??= serveStatus({ listen: statusListen, read: readStatus, readMetrics, log: log.info });
    }
  };
  followStatus();
  setInterval(followStatus, FOLLOW_MS);
}

/**
 * Kong needs only one server. So if a launcher started this server, the server ends when another server has taken over.
 * As long as this server has the plugin socket, it makes sure that launchers can find it.
 */
function agreeOnOneServer(own: ServerProcess): void {
  const { launchers, socket } = own;
  if (launchers !== undefined) {
    setInterval(() => {
      if (socket.isReplaced()) {
        own.endReplaced();
      } else if (socket.isOurs()) {
        void launchers.keepControl();
      }
    }, FOLLOW_MS);
  }
}

/** If a service manager keeps the socket open, calls wait in the socket's queue until a server accepts them. */
async function waitForSocket({ options, isQueue }: ServerProcess, { isReady, warmed }: Judge): Promise<void> {
  await waitAtMost(MAX_WARMING_MS, warmed);
  if (!isQueue) {
    return waitForTurn(options.socket, isReady);
  }
  return waitForReadiness(isReady, options.queued === "later" ? Number.POSITIVE_INFINITY : MAX_QUEUE_MS);
}

async function listen(own: ServerProcess, judge: Judge): Promise<void> {
  const { options, log, socket, lifecycle, launchers } = own;
  const instances = createInstances(
    judge.start,
    () => claimGeneration(options.socket),
    () => performance.now(),
  );
  const connectionOptions = {
    instances,
    deadlineMs: DEADLINE_MS,
    takeWarnings: log.takeWarnings,
    log: log.info,
    observe: judge.observe,
  };
  const listenAnew = async (): Promise<void> => {
    await socket.listen((connected) => serveConnection(connected, connectionOptions));
    await launchers?.listen();
    log.info(`${NAME} ${VERSION} listens on ${options.socket}, policies under ${options.policyRoot}`);
  };
  await listenAnew();
  keepSocket(() => lifecycle.isEnding() || socket.isOurs(), options.socket, listenAnew, log.warn);
}
