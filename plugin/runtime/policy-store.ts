import { readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, resolve, sep } from "node:path";
import type { PolicyIssue } from "../policy/issue.ts";
import { compileSource, type PolicyLoad, readPolicy } from "../policy/read-policy.ts";
import { hashText, type ReadLineage, readLineage } from "./read-lineage.ts";

export type FileLoad = PolicyLoad & {
  /** The file and those that it extends, as far as they could be followed: a change in any of them makes another version. */
  readonly files: readonly string[];
  /** The policy as one document; empty when it could not be read. */
  readonly text: string;
};

export interface PolicyStore {
  /** Names what is at the places of these files now, or why nothing can be read there. Other versions have other names. */
  identifyFiles(files: readonly string[]): Promise<string>;
  /** Reads and compiles a file under the root. */
  loadFile(file: string): Promise<FileLoad>;
  /** Compiles a text that the plugin's configuration carries. */
  loadInline(text: string): PolicyLoad;
}

const MAX_FILE_BYTES = 256 * 1024;
const MAX_COMPILED = 200;

/**
 * Policies by file and by content. Each content is compiled once, however many files and plugin instances use it.
 *
 * @param root the only directory that policy files may lie in, symbolic links resolved.
 */
export function createPolicyStore(root: string): PolicyStore {
  const byContent = new Map<string, PolicyLoad>();

  const share = (text: string, compile: Compile): PolicyLoad => {
    const hash = hashText(text);
    let load = byContent.get(hash);
    if (!load) {
      load = compile(hash);
      if (byContent.size >= MAX_COMPILED) {
        byContent.clear(); // Files and instances hold on to what they use; this only gives up sharing.
      }
      byContent.set(hash, load);
    }
    return load;
  };

  const identifyFile = async (file: string): Promise<string> => {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(await resolveInRoot(root, file), { bigint: true });
      // The time of the inode's change nobody can set, while copies often carry the time of their original.
      return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
    } catch (error) {
      return fileIssue(file, error).message;
    }
  };

  const readText = (file: string): Promise<string | PolicyIssue> =>
    readBounded(resolveInRoot(root, file)).catch((error: unknown) => fileIssue(file, error));

  return {
    identifyFiles: async (files) => (await Promise.all(files.map(identifyFile))).join("\n"),
    async loadFile(file) {
      return compileLineage(await readLineage(file, readText), share);
    },
    loadInline: (text) => share(text, (hash) => readPolicy(text, hash)),
  };
}

/**
 * Reads one policy file, and those that it extends, wherever they lie.
 *
 * @param name how issues call the file.
 */
export async function readPolicyFile(path: string, name: string): Promise<FileLoad> {
  const first = basename(path);
  const readText = (file: string): Promise<string | PolicyIssue> =>
    readBounded(resolve(dirname(path), file)).catch((error: unknown) => fileIssue(file === first ? name : file, error));
  return compileLineage(await readLineage(first, readText), (text, compile) => compile(hashText(text)));
}

type Compile = (hash: string) => PolicyLoad;

function compileLineage({ read, files }: ReadLineage, share: (text: string, compile: Compile) => PolicyLoad): FileLoad {
  return "issues" in read
    ? { ...read, files, text: "" }
    : { ...share(read.text, (hash) => compileSource(read.source, hash)), files, text: read.text };
}

async function readBounded(place: string | Promise<string>): Promise<string> {
  const path = await place;
  const stats = await stat(path);
  if (!stats.isFile()) {
    throw new Error("it is not a regular file");
  }
  const { size } = stats;
  if (size > MAX_FILE_BYTES) {
    throw new Error(`it has ${size} bytes, at most ${MAX_FILE_BYTES} are read`);
  }
  return readFile(path, "utf8");
}

/** An Admin API user names the file: no name may lead out of the root, not through `..` and not through a link. */
class OutsideRootError extends Error {}

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

function fileIssue(file: string, error: unknown): PolicyIssue {
  const place = { pointer: "", line: 1, column: 1 };
  if (error instanceof OutsideRootError) {
    const message = `${file} lies outside the policy root; move it there, or start with another --policy-root.`;
    return { code: "file_outside_root", message, ...place };
  }
  const cause = error instanceof Error ? error.message : "unknown error";
  const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
  return {
    code: isMissing ? "file_missing" : "file_unreadable",
    message: `${file} can not be read: ${cause}.`,
    ...place,
  };
}
