import { randomBytes } from "node:crypto";
import { chmodSync, renameSync, rmSync, statSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Kong opens one connection per request under way; with Node's 511 a stall of half a second refuses hundreds. */
const BACKLOG = 8192;

/**
 * Listens on a private path and renames it over the shared one in one step. While `kong reload` runs the old process and
 * the new one side by side, neither takes the socket away from the other: closing this server removes the private name
 * only, which by then is gone.
 *
 * @param path the socket that Kong connects to.
 * @param mode permissions of the socket.
 */
export async function listenOnSocket(path: string, mode: number, serve: (socket: Socket) => void): Promise<Server> {
  const privatePath = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const server = createServer(serve);
  // Between listen and chmod nobody else may connect either.
  const umask = process.umask(0o177);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path: privatePath, backlog: BACKLOG }, () => {
      server.off("error", reject);
      resolve();
    });
  }).finally(() => process.umask(umask));
  try {
    chmodSync(privatePath, mode);
    renameSync(privatePath, path);
  } catch (error) {
    server.close();
    rmSync(privatePath, { force: true });
    throw error;
  }
  return server;
}

/** Listens on a socket that another process opened and holds: connections wait in its queue while no process accepts them. */
export async function listenOnDescriptor(descriptor: number, serve: (socket: Socket) => void): Promise<Server> {
  const server = createServer(serve);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ fd: descriptor }, BACKLOG, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return server;
}

/** Names the socket that is at `path` now, or undefined when none can be found; changes when another process takes over. */
export function identifySocket(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev} ${ino}`;
  } catch {
    return undefined; // Not there, or the way there is closed: nobody can connect to it either.
  }
}

/** Between the end of one process and the turn of the next, nobody answers. */
const TAKE_OVER_CHECK_MS = 20;

/**
 * Resolves when this process may take the socket: at once where nobody answers on it, for any answer is better than none;
 * else when it is ready. So a fresh process with a broken policy leaves the requests to the one that has a good version.
 */
export async function waitForTurn(path: string, isReady: () => boolean): Promise<void> {
  while (!isReady() && (await isAnswered(path))) {
    await sleep(TAKE_OVER_CHECK_MS);
  }
}

/** Resolves when this process is ready, or after so many milliseconds. */
export async function waitForReadiness(isReady: () => boolean, maxMs: number): Promise<void> {
  const end = performance.now() + maxMs;
  while (!isReady() && performance.now() < end) {
    await sleep(TAKE_OVER_CHECK_MS);
  }
}

/** Whether any process listens on the socket, this one included. */
export function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.on("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.on("error", () => resolve(false));
  });
}

const KEEP_CHECK_MS = 500;

/**
 * Listens anew when the socket's file was removed, or when whoever had replaced it is gone.
 *
 * @param isFine whether the socket is this process's, or none of its business any more.
 */
export function keepSocket(
  isFine: () => boolean,
  path: string,
  listen: () => Promise<void>,
  log: (line: string) => void,
): void {
  let isTold = false;
  const tellOnce = (line: string): void => {
    if (!isTold) {
      isTold = true;
      log(line);
    }
  };
  const check = async (): Promise<void> => {
    if (!isFine() && !(await isAnswered(path)) && !isFine()) {
      await listen().then(
        () => {
          isTold = false;
          log(`nobody serves the socket ${path} any more: listening on it again`);
        },
        (error: unknown) => tellOnce(`cannot listen: ${error instanceof Error ? error.message : error}`),
      );
    }
    setTimeout(check, KEEP_CHECK_MS).unref();
  };
  setTimeout(check, KEEP_CHECK_MS).unref();
}
