import { randomBytes } from "node:crypto";
import { chmodSync, renameSync, rmSync, statSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";

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

/** Names the socket that is at `path` now, or undefined when there is none; changes when another process takes over. */
export function identifySocket(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev} ${stats.ino}`;
}
