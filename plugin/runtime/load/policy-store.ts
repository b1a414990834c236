import { basename, dirname, resolve } from "node:path";
import { BoundedMap } from "../../bounded/bounded-map.ts";
import { fail, type Result, succeed } from "../../core/model/result.ts";
import { type Finding, wholeDocument } from "../../policy/language/finding.ts";
import { readDocument } from "../../policy/read/read-document.ts";
import { compileSource, type PolicyLoad, readPolicy } from "../../policy/read-policy.ts";
import { type CompiledFile, type FileIdentity, joinIdentities, type PolicyCompiler } from "./policy-compiler.ts";
import { namePolicyFile, refuseName } from "./policy-names.ts";
import { hashText, type ReadLineage, readLineage } from "./read-lineage.ts";
import { createRootFiles, describeFileError, identifyNow, OutsideRootError, readBounded } from "./root-files.ts";

export type FileLoad = PolicyLoad & {
  /** The policy's files, see {@link CompiledFile}. */
  readonly files: readonly string[];
  /**
   * The policy as one document, after `extends` and variables are resolved. If the policy has mistakes, this text is
   * instead the text of the policy's own file. The findings refer to lines in this file. The text is empty if the file
   * could not be read.
   */
  readonly text: string;
};

/** If a file changes each time the compiler reads it, the compiler stops after this many reads. */
const MAX_READINGS = 3;
/**
 * How many parsed parents are cached. Hundreds of policies may extend the same file, and the compiler then parses this
 * file only once.
 */
const MAX_PARENTS = 8;

/**
 * Compiles policies in this thread.
 *
 * @param root the only directory that may contain policy files.
 * @param parse parses the text of a file that a policy extends.
 */
export function createPolicyStore(root: string, parse: typeof readDocument = readDocument): PolicyCompiler {
  const rootFiles = createRootFiles(root);
  const parseParent = rememberLast(MAX_PARENTS, parse);

  const compileOnce = async (file: string): Promise<CompiledFile> => {
    const before = new Map<string, FileIdentity>();
    const readText = (name: string): Promise<Result<string, Finding>> => {
      before.set(name, identifyNow(root, name));
      return rootFiles.read(name).then(toText, (error: unknown) => fail(fileFinding(name, error)));
    };
    const lineage = await readLineage(file, { readText, parseParent });
    const identity = joinIdentities([...before.values()]);
    const isUnchanged = identity === joinIdentities([...before.keys()].map((name) => identifyNow(root, name)));
    const { text: _, ...compiled } = compileLineage(lineage);
    return { ...compiled, identity: isUnchanged ? identity : undefined };
  };

  return {
    async identify(names) {
      const begin = performance.now();
      return { identities: names.map((name) => identifyNow(root, name)), tookMs: performance.now() - begin };
    },
    async compileFile(file) {
      let compiled = await compileOnce(file);
      for (let reading = 1; compiled.identity === undefined && reading < MAX_READINGS; reading += 1) {
        compiled = await compileOnce(file);
      }
      return compiled;
    },
    compileText: async (text) => readPolicy(text, hashText(text)),
    hurry() {},
    stop() {},
  };
}

/**
 * Reads one policy file under the policy root, and the files that the policy file extends.
 *
 * @param file a path relative to the root.
 */
export async function loadPolicyFile(root: string, file: string): Promise<FileLoad> {
  return compileLineage(await readRootLineage(root, file));
}

/** Reads a policy as {@link loadPolicyFile} does, but does not compile it. */
export async function readRootLineage(root: string, file: string): Promise<ReadLineage> {
  const named = namePolicyFile(file);
  if (!named.ok) {
    return { read: fail([refuseName(named.failure)]), files: [] };
  }
  const { read } = createRootFiles(root);
  const readText = (name: string): Promise<Result<string, Finding>> =>
    read(name).then(toText, (error: unknown) => fail(fileFinding(name, error)));
  return readLineage(named.value, { readText, parseParent: readDocument });
}

/**
 * Reads one policy file and the files that it extends. The files may be in any directory.
 *
 * @param name the file name that findings show.
 */
export async function readPolicyFile(path: string, name: string): Promise<FileLoad> {
  return compileLineage(await readPathLineage(path, name));
}

/** Reads a policy as {@link readPolicyFile} does, but does not compile it. */
export async function readPathLineage(path: string, name: string): Promise<ReadLineage> {
  const first = basename(path);
  const readText = (file: string): Promise<Result<string, Finding>> =>
    readBounded(resolve(dirname(path), file)).then(toText, (error: unknown) =>
      fail(fileFinding(file === first ? name : file, error)),
    );
  return readLineage(first, { readText, parseParent: readDocument });
}

function compileLineage({ read, files }: ReadLineage): FileLoad {
  if (!read.ok) {
    return { ...read, files, text: "" };
  }
  const { source, text, ownText } = read.value;
  const load = compileSource(source, hashText(text));
  return { ...load, files, text: load.ok ? text : ownText };
}

function toText(bytes: { toString(): string }): Result<string, never> {
  return succeed(String(bytes));
}

/** Caches the results for the documents that were used last. */
function rememberLast<T extends object>(maxEntries: number, compute: (text: string) => T): (text: string) => T {
  const results = new BoundedMap<string, T>({ maxEntries });
  return (text) => {
    const result = results.get(text) ?? compute(text);
    results.set(text, result);
    return result;
  };
}

function fileFinding(file: string, error: unknown): Finding {
  return wholeDocument(fileCode(error), describeFileError(file, error));
}

function fileCode(error: unknown): Finding["code"] {
  if (error instanceof OutsideRootError) {
    return "file_outside_root";
  }
  const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
  return isMissing ? "file_missing" : "file_unreadable";
}
