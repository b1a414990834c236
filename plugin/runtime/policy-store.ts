import { basename, dirname, resolve } from "node:path";
import type { PolicyIssue } from "../policy/issue.ts";
import { compileSource, type PolicyLoad, readPolicy } from "../policy/read-policy.ts";
import { hashText, type ReadLineage, readLineage } from "./read-lineage.ts";
import { createRootFiles, describeFileError, OutsideRootError, readBounded } from "./root-files.ts";

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

  const files = createRootFiles(root);
  const readText = (file: string): Promise<string | PolicyIssue> =>
    files.read(file).then(String, (error: unknown) => fileIssue(file, error));

  return {
    identifyFiles: async (names) => (await Promise.all(names.map(files.identify))).join("\n"),
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
    readBounded(resolve(dirname(path), file)).then(String, (error: unknown) =>
      fileIssue(file === first ? name : file, error),
    );
  return compileLineage(await readLineage(first, readText), (text, compile) => compile(hashText(text)));
}

type Compile = (hash: string) => PolicyLoad;

function compileLineage({ read, files }: ReadLineage, share: (text: string, compile: Compile) => PolicyLoad): FileLoad {
  return "issues" in read
    ? { ...read, files, text: "" }
    : { ...share(read.text, (hash) => compileSource(read.source, hash)), files, text: read.text };
}

function fileIssue(file: string, error: unknown): PolicyIssue {
  return { code: fileCode(error), message: describeFileError(file, error), pointer: "", line: 1, column: 1 };
}

function fileCode(error: unknown): PolicyIssue["code"] {
  if (error instanceof OutsideRootError) {
    return "file_outside_root";
  }
  const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
  return isMissing ? "file_missing" : "file_unreadable";
}
