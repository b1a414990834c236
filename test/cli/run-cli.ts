import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";

export const MAIN = join(import.meta.dirname, "../../dist/cli/main.js");
/** Far more than a command takes on a busy machine. */
const LIMIT_MS = 60_000;

interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface CliThread {
  readonly port: MessagePort;
  /** How many commands were sent to the thread. */
  sent: number;
  /** How many commands have ended. */
  readonly done: Int32Array;
}

let thread: CliThread | undefined;

/**
 * Runs the built command as a user would, without colour. All commands of a test file run in one thread, because a
 * command spends most of its time on loading its modules. With input, the command runs in a separate process.
 */
export function runCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input?: string,
): CliResult {
  const env = { NO_COLOR: "1", ...environment };
  if (input !== undefined) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", input, env });
    return { status, stdout, stderr };
  }
  const { port, sent, done } = send(args, env);
  // The command before may have answered, and still not count as ended.
  for (let ended = Atomics.load(done, 0); ended < sent; ended = Atomics.load(done, 0)) {
    if (Atomics.wait(done, 0, ended, LIMIT_MS) === "timed-out") {
      break;
    }
  }
  const result = receiveMessageOnPort(port);
  if (result === undefined) {
    throw new Error(`no result after ${LIMIT_MS} ms: ${args.join(" ")}`);
  }
  return result.message as CliResult;
}

/** Runs the built command in the thread, while servers of the test answer the command. */
export async function runCliBeside(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const { port } = send(args, { NO_COLOR: "1", ...environment });
  const [result] = await once(port, "message");
  port.unref();
  return result;
}

function send(args: readonly string[], environment: Readonly<Record<string, string>>): CliThread {
  thread ??= startThread();
  thread.sent += 1;
  thread.port.postMessage({ args, environment });
  return thread;
}

function startThread(): CliThread {
  const { port1, port2 } = new MessageChannel();
  const done = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(new URL("./cli-thread.mjs", import.meta.url), {
    workerData: { main: pathToFileURL(MAIN).href, port: port2, done },
    transferList: [port2],
    env: { NO_COLOR: "1" },
  });
  worker.unref();
  port1.unref();
  return { port: port1, sent: 0, done };
}
