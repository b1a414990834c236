import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { connectWorker, NO_HEADERS, playEvent, type RawWorker } from "../protocol/raw-worker.ts";
import { OPEN_CONFIG, type RunningProcess, runNode, type ServerPlace, setPace } from "../server-process.ts";

export const LAUNCHER = join(import.meta.dirname, "../../../dist/jwt-policy-launcher.mjs");
const SERVER = "jwt-policy-server.mjs";
/** The length that precedes each frame. */
const LENGTH_BYTES = 4;

/** Starts a launcher as a Kong worker does: without an environment, and as a child of this process. */
export function startLauncher(
  { socket, policyRoot }: ServerPlace,
  more: readonly string[] = [],
  nodeOptions: readonly string[] = setPace("usual"),
): RunningProcess {
  onTestFinished(() => killServers(socket));
  return runNode([
    ...[...nodeOptions, LAUNCHER, "--parent", String(process.pid)],
    ...["--socket", socket, "--policy-root", policyRoot],
    ...more,
  ]);
}

/** A launcher whose server listens. */
export async function runLauncher(
  place: ServerPlace,
  more: readonly string[] = [],
  nodeOptions: readonly string[] = setPace("usual"),
): Promise<RunningProcess> {
  const launcher = startLauncher(place, more, nodeOptions);
  await launcher.waitForOutput("listens on");
  return launcher;
}

/** The processes of all servers whose command lines contain this word, such as the socket. */
export function findServers(word: string, file = SERVER): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const words = readProc(name, "cmdline").split("\0");
      return (
        words[0] === process.execPath &&
        words.includes(word) &&
        words.some((other) => other.endsWith(file)) &&
        !isZombie(name)
      );
    })
    .map(Number);
}

/** The only server with this word. @throws Error if there is none, or more than one. */
export function findServer(word: string, file = SERVER): number {
  const [pid, ...others] = findServers(word, file);
  if (pid === undefined || others.length > 0) {
    throw new Error(`${others.length + (pid === undefined ? 0 : 1)} servers run`);
  }
  return pid;
}

/** Waits until one server runs that is not the server before. */
export async function waitForReplacement(socket: string, before: number): Promise<void> {
  await expect.poll(() => findServers(socket).map((pid) => pid !== before)).toEqual([true]);
}

export const isRunning = (pid: number): boolean => existsSync(`/proc/${pid}`) && !isZombie(String(pid));

function killServers(socket: string): void {
  for (const pid of findServers(socket)) {
    process.kill(pid, "SIGKILL");
  }
}

const isZombie = (name: string): boolean => /\) [ZX] /.test(readProc(name, "stat"));

function readProc(name: string, file: string): string {
  try {
    return readFileSync(`/proc/${name}/${file}`, "utf8");
  } catch {
    return ""; // The process has already ended.
  }
}

/** A worker, and an instance whose policy lets every request pass. */
export async function startOpen({ socket }: ServerPlace): Promise<{ worker: RawWorker; id: number }> {
  const worker = await connectWorker(socket);
  const { instanceStatus } = await worker.start(OPEN_CONFIG);
  return { worker, id: instanceStatus?.instanceId ?? 0 };
}

/**
 * Sends one request as Kong does. The request must pass. While one server replaces another, Kong does not send an event
 * over a connection with unread bytes. If the next server does not know the instance, Kong starts it again.
 */
export async function expectServing(place: ServerPlace): Promise<void> {
  const { worker, id } = await startOpen(place);
  const eventWorker = hasBytesLeft(worker) ? await connectWorker(place.socket) : worker;
  const { ended, calls } = await playEvent(eventWorker, id, NO_HEADERS);
  worker.socket.destroy();
  eventWorker.socket.destroy();
  if (eventWorker !== worker && calls.at(-1)?.method === "no plugin instance") {
    return expectServing(place);
  }
  expect(ended).toBe("proxied");
}

/** Whether the server has closed the connection. */
function hasBytesLeft({ chunks, frames }: RawWorker): boolean {
  const read = chunks.reduce((total, { length }) => total + length, 0);
  return read > frames.reduce((total, { length }) => total + LENGTH_BYTES + length, 0);
}
