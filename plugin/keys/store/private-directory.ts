import { constants } from "node:fs";
import { lstat, mkdir, open, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const WRITABLE_BY_OTHERS = 0o022;
const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;
const STICKY = 0o1000;

interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/**
 * Creates a directory that only this process's user can write, or checks an existing directory.
 *
 * @returns its path without symbolic links.
 * @throws Error that says which other users can change the directory, and what to do.
 */
export async function openPrivateDirectory(directory: string): Promise<string> {
  const parent = await realpath(dirname(directory)).catch(() => {
    throw new Error(`the directory ${dirname(directory)} does not exist; create it`);
  });
  await checkAncestors(parent, directory);
  const path = join(parent, basename(directory));
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") {
      throw new Error(`${path} cannot be created: ${error.code}`);
    }
  });
  const stats = await lstat(path);
  if (!stats.isDirectory()) {
    throw new Error(`${path} is not a directory`);
  }
  checkOwner(path, stats);
  return path;
}

/** A user who can write to a parent directory can replace the directory itself. */
async function checkAncestors(from: string, directory: string): Promise<void> {
  for (let path = from; ; path = dirname(path)) {
    const { uid, gid, mode } = await lstat(path);
    const isOwned = uid === 0 || uid === process.geteuid?.();
    // Group 0 may have write access, because group 0 is the administrator's group. A container that runs with an
    // arbitrary user id is also in group 0.
    const isGroupTrusted = gid === 0 || gid === process.getegid?.();
    const isShared = (mode & WRITABLE_BY_ALL) !== 0 || ((mode & WRITABLE_BY_GROUP) !== 0 && !isGroupTrusted);
    if (!isOwned || (isShared && (mode & STICKY) === 0)) {
      const reason = isOwned ? "can be written by other users" : `belongs to user ${uid}`;
      throw new Error(
        `${path} ${reason}, who could replace ${directory}; use a directory whose parents only administrators can change`,
      );
    }
    if (path === dirname(path)) {
      return;
    }
  }
}

function checkOwner(path: string, { uid, mode }: Owner): void {
  if (uid !== process.geteuid?.()) {
    throw new Error(`${path} belongs to user ${uid}, but this process runs as user ${process.geteuid?.()}`);
  }
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new Error(`${path} can be written by other users; run chmod go-w on it`);
  }
}

/**
 * Reads a file that only this process's user can have written.
 *
 * @returns the file's text; undefined if the file does not exist.
 * @throws Error that says why the file is not used.
 */
export async function readPrivateFile(path: string, maxBytes: number): Promise<string | undefined> {
  // The open call does not follow a symbolic link, and does not wait for the other end of a pipe.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") {
      throw new Error(`${path} cannot be read: ${error.code}`);
    }
  });
  if (!handle) {
    return undefined;
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.nlink !== 1) {
      throw new Error(`${path} is not a regular file, or it has several names (hard links)`);
    }
    checkOwner(path, stats);
    if (stats.size > maxBytes) {
      throw new Error(`${path} has ${stats.size} bytes, at most ${maxBytes} are read`);
    }
    const content = Buffer.alloc(stats.size);
    const { bytesRead } = await handle.read(content, 0, stats.size, 0);
    return content.subarray(0, bytesRead).toString();
  } finally {
    await handle.close();
  }
}
