import { statSync } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { messageOf } from "../../core/text/error-message.ts";
import type { FileIdentity } from "./policy-compiler.ts";

/** Files under one root, by names that come from policies and from Kong's configuration. */
export interface RootFiles {
  /** Identifies the current version of the file, or says why the file cannot be read. Each version has a different identity. */
  identify(file: string): Promise<string>;
  /**
   * @throws Error that says why the file cannot be read; see {@link describeFileError}.
   */
  read(file: string): Promise<Buffer>;
}

const MAX_FILE_BYTES = 256 * 1024;

/** Users of the Admin API name the file. So a name must not lead out of the root, neither through `..` nor through a link. */
export class OutsideRootError extends Error {
  constructor() {
    super("it lies outside the policy root; move it there, or start with another --policy-root");
  }
}

/** @param root the only directory that may contain the files. Its symbolic links are resolved. */
export function createRootFiles(root: string): RootFiles {
  return {
    async identify(file) {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs } = await stat(await resolveInRoot(root, file), { bigint: true });
        // The identity includes the inode's change time, because no program can set this time. The modification time is
        // not enough, because a copy often keeps the time of the original.
        return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
      } catch (error) {
        return describeFileError(file, error);
      }
    },
    read: async (file) => readBounded(await resolveInRoot(root, file)),
  };
}

/**
 * Identifies the current version of a file without reading it. It makes only one system call, because every policy file is checked
 * once a second. It follows links, so a link with a new target has a new identity. A link that leads out of the root is found when
 * the file is read.
 */
export function identifyNow(root: string, file: string): FileIdentity {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(join(root, file), { bigint: true });
    // The modification time is not enough, because a copy often keeps the time of the original. No program can set the
    // inode's change time.
    return { identity: [dev, ino, size, mtimeNs, ctimeNs].join(" "), isMissing: false };
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    // A missing root, such as an unmounted volume, does not mean that its files were deleted.
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
    throw new Error(`it has ${size} bytes, at most ${MAX_FILE_BYTES} are read`);
  }
  return readFile(path);
}

/** One sentence about a file that could not be read. */
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
