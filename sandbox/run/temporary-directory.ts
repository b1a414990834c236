/**
 * Temporary directories of a sandbox: the plugin server's socket, and adapted copies of policies. The names of these directories
 * contain the process id. Therefore the next sandbox can remove the directories of a sandbox that was killed.
 */
import { lstatSync, readdirSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "jwt-policy-sandbox-";
const NAME = /^jwt-policy-sandbox-(\d+)-/;

/** Makes a directory that only this user can use. The caller must remove the directory. */
export function makeTemporaryDirectory(): Promise<string> {
  removeAbandoned();
  return mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

/** Removes the directories of sandboxes that no longer run. */
function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = NAME.exec(name) ?? [];
    const path = join(tmpdir(), name);
    if (pid !== undefined && !isRunning(Number(pid)) && isOwnDirectory(path)) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

function isOwnDirectory(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.uid === process.getuid?.();
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
