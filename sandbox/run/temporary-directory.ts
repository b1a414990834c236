/**
 * Temporary directories of a sandbox: the plugin server's socket, and adapted copies of policies. The names of these directories
 * contain the process id. Therefore the next sandbox can remove the directories of a sandbox that was killed.
 */
import { lstatSync, readdirSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "jwt-policy-sandbox-";
const NAME = /^jwt-policy-sandbox-(\d+)-/;

/** While a directory is removed, another process may still create a file in it. Then the removal is tried again. */
const REMOVAL = { recursive: true, force: true, maxRetries: 5 } as const;
/** The directories of this process that are not removed yet. */
const made = new Set<string>();

/** Makes a directory that only this user can use. At the latest, the directory is removed when the process exits. */
export async function makeTemporaryDirectory(): Promise<string> {
  removeAbandoned();
  const path = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  if (made.size === 0) {
    process.once("exit", removeAll);
  }
  made.add(path);
  return path;
}

/** Removes a directory that {@link makeTemporaryDirectory} made. */
export async function removeTemporaryDirectory(path: string): Promise<void> {
  await rm(path, REMOVAL);
  made.delete(path);
  if (made.size === 0) {
    process.off("exit", removeAll);
  }
}

function removeAll(): void {
  for (const path of made) {
    rmSync(path, REMOVAL);
  }
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
