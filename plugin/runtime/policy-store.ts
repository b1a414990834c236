import { createHash } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import { resolve, sep } from "node:path";
import type { CompiledPolicy } from "../core/policy.ts";
import type { PolicyIssue } from "../policy/issue.ts";
import { readPolicy } from "../policy/read-policy.ts";

/** A file must have kept still for this long: a cut-off policy can be a valid one, and a laxer one. */
const SETTLED_MS = 1_000;

/** A policy that is in force, or why there is none. */
export type PolicyLoad = { readonly policy: CompiledPolicy } | { readonly issues: readonly PolicyIssue[] };

export interface PolicyStore {
  /** The policy of a file under the root. Read anew when the file changed; a broken file never replaces a good one. */
  loadFile(file: string): Promise<PolicyLoad>;
  /** The policy of a text that the plugin's configuration carries. */
  loadInline(text: string): PolicyLoad;
}

interface FileEntry {
  /** Tells whether the file, or what is wrong with it, is still the same. */
  readonly identity: string;
  readonly load: PolicyLoad;
}

const MAX_FILE_BYTES = 256 * 1024;
const MAX_COMPILED = 200;

/**
 * Policies by file and by content. Each content is compiled once, however many files and plugin instances use it.
 *
 * @param root the only directory that policy files may lie in, symbolic links resolved.
 * @param log told of every policy file that is taken or refused.
 * @param settledMs how long a changed file must have kept still before it replaces a good version.
 */
export function createPolicyStore(
  root: string,
  log: (line: string) => void,
  settledMs: number = SETTLED_MS,
): PolicyStore {
  const files = new Map<string, FileEntry>();
  const loading = new Map<string, Promise<PolicyLoad>>();
  const byContent = new Map<string, PolicyLoad>();

  const compile = (text: string): PolicyLoad => {
    const hash = hashText(text);
    let load = byContent.get(hash);
    if (!load) {
      load = readPolicy(text, hash);
      if (byContent.size >= MAX_COMPILED) {
        byContent.clear(); // Files and instances hold on to what they use; this only gives up sharing.
      }
      byContent.set(hash, load);
    }
    return load;
  };

  const readChanged = async (file: string): Promise<PolicyLoad> => {
    const known = files.get(file);
    try {
      const path = await resolveInRoot(root, file);
      const { identity, changedMs } = await identifyFile(path);
      if (known?.identity === identity) {
        return known.load;
      }
      // At the first reading there is nothing else to go by. Later, the version in force can wait for the writer to finish.
      if (known && "policy" in known.load && Date.now() - changedMs < settledMs) {
        return known.load;
      }
      const load = keepGood(file, known, compile(await readBounded(path)));
      files.set(file, { identity, load });
      return load;
    } catch (error) {
      const issue = fileIssue(file, error);
      if (known?.identity === issue.message) {
        return known.load;
      }
      const load = keepGood(file, known, { issues: [issue] });
      files.set(file, { identity: issue.message, load });
      return load;
    }
  };

  const keepGood = (file: string, known: FileEntry | undefined, fresh: PolicyLoad): PolicyLoad => {
    if ("policy" in fresh) {
      log(`policy file ${file} is in force: name=${fresh.policy.name} sha256=${fresh.policy.hash}`);
      return fresh;
    }
    const isGood = known !== undefined && "policy" in known.load;
    for (const issue of fresh.issues) {
      log(`policy file ${file}:${issue.line}:${issue.column} ${issue.code}: ${issue.message}`);
    }
    log(`policy file ${file} is refused; ${isGood ? "the last good version stays in force" : "its routes answer 503"}`);
    return isGood ? known.load : fresh;
  };

  return {
    loadFile(file) {
      const started = loading.get(file) ?? readChanged(file).finally(() => loading.delete(file));
      loading.set(file, started);
      return started;
    },
    loadInline: compile,
  };
}

/**
 * Reads and compiles one policy file, wherever it lies.
 *
 * @param name how issues call the file.
 */
export async function readPolicyFile(path: string, name: string): Promise<PolicyLoad> {
  try {
    const text = await readBounded(path);
    return readPolicy(text, hashText(text));
  } catch (error) {
    return { issues: [fileIssue(name, error)] };
  }
}

async function readBounded(path: string): Promise<string> {
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

/**
 * `changedMs`: when the file last changed, in whole milliseconds since the epoch. It is the time of the inode's change, which
 * nobody can set: copies often carry the time of their original.
 */
async function identifyFile(path: string): Promise<{ identity: string; changedMs: number }> {
  const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path);
  return { identity: [dev, ino, size, mtimeMs, ctimeMs].join(" "), changedMs: Math.trunc(ctimeMs) };
}

function fileIssue(file: string, error: unknown): PolicyIssue {
  const place = { pointer: "", line: 1, column: 1 };
  if (error instanceof OutsideRootError) {
    const message = `${file} lies outside the policy root; move it there, or start with another --policy-root.`;
    return { code: "file_outside_root", message, ...place };
  }
  const cause = error instanceof Error ? error.message : "unknown error";
  return { code: "file_unreadable", message: `${file} can not be read: ${cause}.`, ...place };
}

function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
