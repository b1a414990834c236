import { randomBytes } from "node:crypto";
import { chmodSync, renameSync, statSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../core/text/error-message.ts";

/**
 * Length of the queue of new connections. Kong opens one connection for each running request. With Node's default of
 * 511, the system would refuse hundreds of connections if this process paused for half a second.
 */
const BACKLOG = 8192;

/**
 * Listens on a socket with a private name, and then renames it to the shared path in one step. During `kong reload`, the old
 * and the new process run at the same time. Neither process removes the socket of the other process. When a process
 * closes its server, Node tries to remove the file with the private name. This file no longer exists, so the file at
 * the shared path stays.
 *
 * @param path the socket that Kong connects to.
 * @param mode permissions of the socket.
 */
export async function listenOnSocket(path: string, mode: number, serve: (socket: Socket) => void): Promise<Server> {
  const privatePath = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const server = createServer(serve);
  // Other users must not be able to connect, even in the moment between `listen` and `chmod`.
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
    server.close(); // Closing the server also removes the private name.
    throw error;
  }
  return server;
}

/**
 * Listens on a socket that another process has opened and keeps open. Connections wait in the socket's queue while no process
 * accepts them.
 */
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

/**
 * Identifies the socket that is now at `path`; undefined if `path` has no socket. The result changes when another
 * process takes over.
 */
export function identifySocket(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev} ${ino}`;
  } catch {
    return undefined; // The socket is missing or access to it is denied, so Kong cannot connect to it.
  }
}

/**
 * Time between two checks, in milliseconds. After the old process has ended, no process answers until this process
 * listens. So the time is short.
 */
const TAKE_OVER_CHECK_MS = 20;

/**
 * Resolves when this process may replace the socket. If no process answers on the socket, this process may replace the
 * socket immediately, because requests fail as long as no server answers. If a process answers, this process must be
 * ready before it replaces the socket. So a new process with a broken policy does not replace an old process with a
 * good version of the policy.
 */
export async function waitForTurn(path: string, isReady: () => boolean): Promise<void> {
  while (!isReady() && (await isAnswered(path))) {
    await sleep(TAKE_OVER_CHECK_MS);
  }
}

/** Resolves when this process is ready, or after `maxMs` milliseconds. */
export async function waitForReadiness(isReady: () => boolean, maxMs: number): Promise<void> {
  const end = performance.now() + maxMs;
  while (!isReady() && performance.now() < end) {
    await sleep(TAKE_OVER_CHECK_MS);
  }
}

/** Resolves when `event` resolves, or after `maxMs` milliseconds. */
export async function waitAtMost(maxMs: number, event: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const isOver = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, maxMs);
  });
  await Promise.race([event, isOver]).finally(() => clearTimeout(timer));
}

/** Whether any process listens on the socket, including this process. */
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
 * Listens again in two cases: the socket's file was removed, or the process that replaced the socket has ended.
 *
 * @param isFine whether this process listens on the socket, or does not need the socket any longer.
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
          log(`no process listened on the socket ${path} any more, so this process listens on it again`);
        },
        (error: unknown) => tellOnce(`cannot listen: ${messageOf(error)}`),
      );
    }
    setTimeout(check, KEEP_CHECK_MS).unref();
  };
  setTimeout(check, KEEP_CHECK_MS).unref();
}
