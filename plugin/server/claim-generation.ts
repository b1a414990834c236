import { closeSync, openSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** How many there are; then they begin anew. */
export const GENERATIONS = 256;

/**
 * Claims a number that no process near in time has, so that two processes which serve the same socket one after the other, or
 * side by side, never give the same id to two plugin instances. A clock would not do: Kong sends calls to both over the connections
 * that it keeps, and both give out ids at the same time. The claim is an empty file beside the socket that only one can create; those that it follows
 * are removed.
 *
 * @param socket path of the shared socket.
 * @returns 0 to 255.
 * @throws Error when the directory can not be read or written.
 */
export function claimGeneration(socket: string): number {
  const directory = dirname(socket);
  const prefix = `${basename(socket)}.generation-`;
  const claims = readdirSync(directory).filter((name) => name.startsWith(prefix));
  const newest = Math.max(-1, ...claims.map((name) => Number(name.slice(prefix.length))).filter(Number.isInteger));
  for (let tries = 1; tries <= GENERATIONS; tries += 1) {
    const generation = (newest + tries) % GENERATIONS;
    if (create(join(directory, `${prefix}${generation}`))) {
      for (const name of claims) {
        rmSync(join(directory, name), { force: true });
      }
      return generation;
    }
  }
  throw new Error(`all of ${join(directory, prefix)}0 to ${GENERATIONS - 1} are taken; remove them`);
}

function create(path: string): boolean {
  try {
    closeSync(openSync(path, "wx", 0o600));
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") {
      return false;
    }
    throw error;
  }
}
