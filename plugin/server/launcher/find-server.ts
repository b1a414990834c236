import { lstatSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { KeptServer } from "./keep-server.ts";
import type { ProcessIdentity } from "./process-identity.ts";

interface FoundServer {
  readonly server: Pick<KeptServer, "leave">;
  readonly isEnding: boolean;
}

/** Connects to a server's control socket. Returns undefined if no process of this user listens on the socket. */
export function reachServer(path: string): Promise<Socket | undefined> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats?.isSocket() || (process.getuid !== undefined && stats.uid !== process.getuid())) {
    return Promise.resolve(undefined);
  }
  return new Promise((resolve) => {
    const connection = connect(path);
    connection.once("connect", () => resolve(connection));
    connection.once("error", () => resolve(undefined));
  });
}

/**
 * Returns the process of a server that does not answer. The server wrote its process id and its start time into a file.
 * If the file has no start time, the function returns no process, because the id in the file could now belong to any
 * other process.
 */
export function readServerProcess(path: string): ProcessIdentity {
  try {
    const { pid, startedAt } = JSON.parse(readFileSync(path, "utf8"));
    if (Number.isSafeInteger(pid) && pid > 1 && typeof startedAt === "string") {
      return { pid, startedAt };
    }
  } catch {
    // The server's file is missing, or has another format.
  }
  return { pid: Number.NaN };
}

/**
 * Waits for a running server that is not about to end. If there is none after `maxMs` milliseconds, the result is any
 * running server, or undefined.
 *
 * @param find looks for a server once.
 */
export async function waitForServer<Found extends FoundServer>(
  find: () => Promise<Found | undefined>,
  { maxMs, lookMs }: { readonly maxMs: number; readonly lookMs: number },
): Promise<Found | undefined> {
  const end = performance.now() + maxMs;
  for (;;) {
    const found = await find();
    if (found?.isEnding === false || performance.now() > end) {
      return found;
    }
    found?.server.leave();
    await sleep(lookMs);
  }
}
