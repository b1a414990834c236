import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const POLL_MS = 500;

/**
 * Calls `onChange` when one of the files changes, or when a file in one of the directories changes. The call happens
 * only after two successive checks have found the same versions, so the sandbox never reads a half-written file. A call
 * of `onChange` begins only after the previous call has ended.
 *
 * @returns a function that ends the watch.
 */
export function watchFiles(paths: readonly string[], onChange: () => Promise<void>): () => void {
  let known = identify(paths);
  let seen = known;
  let isBusy = false;
  const look = async (): Promise<void> => {
    const found = identify(paths);
    const isSettled = found === seen;
    seen = found;
    if (found === known || !isSettled || isBusy) {
      return;
    }
    known = found;
    isBusy = true;
    await onChange().finally(() => {
      isBusy = false;
    });
  };
  const timer = setInterval(() => void look(), POLL_MS);
  return () => clearInterval(timer);
}

/** Returns a string that changes when any of the files changes. */
function identify(paths: readonly string[]): string {
  return paths.flatMap(listFiles).map(describe).join("\n");
}

function listFiles(path: string): readonly string[] {
  try {
    return statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: "utf8" })
          .sort()
          .map((name) => join(path, name))
      : [path];
  } catch {
    return [path];
  }
}

function describe(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [path, ino, size, mtimeNs, ctimeNs].join(" ");
  } catch {
    return `${path} is missing`;
  }
}
