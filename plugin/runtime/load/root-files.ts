import { statSync } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { messageOf } from "../../core/text/error-message.ts";
import type { FileIdentity } from "./policy-compiler.ts";

/** Files under one root. The names of the files come from policies and from Kong's configuration. */
export interface RootFiles {
  /**
   * Identifies the current version of the file, or says why the file cannot be read. Two versions of a file always have different
   * identities.
   */
  identify(file: string): Promise<string>;
  /**
   * @throws Error that says why the file cannot be read; see {@link describeFileError}.
   */
  read(file: string): Promise<Buffer>;
}

const MAX_FILE_BYTES = 256 * 1024;

/**
 * A user of the Admin API can name any file in Kong's configuration. So a name must not lead out of the policy root,
 * whether through `..` or through a link.
 */
export class OutsideRootError extends Error {
  constructor() {
    super("the file lies outside the policy root; move it there, or start with another --policy-root");
  }
}

/** @param root the only directory that may contain the files. The function resolves symbolic links in the root's path. */
export function createRootFiles(root: string): RootFiles {
  return {
    async identify(file) {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs } = await stat(await resolveInRoot(root, file), { bigint: true });
        // The identity includes the inode's change time, because no program can set it. The modification time alone is
        // not enough, because a copy of a file often keeps the time of the original.
        return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
      } catch (error) {
        return describeFileError(file, error);
      }
    },
    read: async (file) => readBounded(await resolveInRoot(root, file)),
  };
}

/**
 * Identifies the current version of a file without reading it. The function makes only one system call, because the
 * process identifies every policy file once a second. The function follows links, so a link with a new target has a new
 * identity. Whether a link leads out of the root is checked only when the process reads the file.
 */
export function identifyNow(root: string, file: string): FileIdentity {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(join(root, file), { bigint: true });
    // The modification time alone is not enough, because a copy of a file often keeps the time of the original. No
    // program can set the inode's change time.
    return { identity: [dev, ino, size, mtimeNs, ctimeNs].join(" "), isMissing: false };
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    // If the whole root is missing, its volume may not be mounted, so the files do not count as deleted.
    const isMissing = isAbsent && statSync(root, { throwIfNoEntry: false }) !== undefined;
    return { identity: describeFileError(file, error), isMissing };
  }
}

/** @throws Error if the file is not a regular file, or is too large. */
export async function readBounded(path: string): Promise<Buffer> {
  const stats = await stat(path);
  if (!stats.isFile()) {
    throw new Error("it is not a regular file");
  }
  const { size } = stats;
  if (size > MAX_FILE_BYTES) {
    throw new Error(`the file has ${size} bytes, at most ${MAX_FILE_BYTES} are read`);
  }
  return readFile(path);
}

/** Says in one sentence why a file could not be read. */
export function describeFileError(file: string, error: unknown): string {
  return `${file} cannot be read: ${messageOf(error)}.`;
}

async function resolveInRoot(root: string, file: string): Promise<string> {
  const realRoot = await realpath(root);
  const path = resolve(realRoot, file);
  if (!path.startsWith(realRoot + sep)) {
    throw new OutsideRootError();
  }
  const real = await realpath(path);
  if (!real.startsWith(realRoot + sep)) {
    throw new OutsideRootError();
  }
  return real;
}
