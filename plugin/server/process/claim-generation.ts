import { closeSync, openSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { GENERATIONS } from "../protocol/instances.ts";

/** Maximum number of tries. Other processes cannot make this many tries fail. */
const MAX_TRIES = 1_000;

/**
 * Claims a generation number that no other recent process has. So two processes with the same socket never give the
 * same id to two plugin instances, even if they run at the same time. The current time cannot be the generation number.
 * Kong sends calls to both processes over open connections, so both can assign ids at the same time.
 *
 * To claim a number, a process creates an empty file beside the socket. Only one process can create the file for a
 * number. After a process has created its file, the process's claim is valid only if no newer claim exists. Between the
 * check and the claim of this process, faster processes may have claimed this number and later numbers. These processes
 * may also have removed the file that showed the claim of this number, because the number seemed too old.
 *
 * @param socket path of the shared socket.
 * @param list a function that returns the names in a directory.
 * @returns the claimed number, 0 to 255.
 * @throws Error if the directory cannot be read or written.
 */
export function claimGeneration(socket: string, list: (directory: string) => string[] = readdirSync): number {
  const directory = dirname(socket);
  const prefix = `${basename(socket)}.generation-`;
  const pathOf = (generation: number): string => join(directory, `${prefix}${generation}`);
  const findClaims = (): number[] => {
    const names = list(directory).filter((name) => name.startsWith(prefix));
    return names.map((name) => Number(name.slice(prefix.length))).filter(Number.isInteger);
  };
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const claims = findClaims();
    const newest = claims.reduce((newer, claim) => (isNewer(claim, newer) ? claim : newer), claims[0] ?? -1);
    const generation = (newest + 1) % GENERATIONS;
    if (create(pathOf(generation)) && !findClaims().some((claim) => isNewer(claim, generation))) {
      for (const claim of claims) {
        rmSync(pathOf(claim), { force: true });
      }
      return generation;
    }
  }
  throw new Error(
    `no generation number is free, because the files ${pathOf(0)} to ${pathOf(GENERATIONS - 1)} use all numbers; remove these files`,
  );
}

/**
 * After the highest number, 0 comes again. The numbers form a circle. A number counts as newer than the numbers in the
 * half of the circle before it.
 */
function isNewer(a: number, b: number): boolean {
  const ahead = (a - b + GENERATIONS) % GENERATIONS;
  return ahead > 0 && ahead < GENERATIONS / 2;
}

function create(path: string): boolean {
  try {
    closeSync(openSync(path, "wx", 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      return false;
    }
    throw error;
  }
}
