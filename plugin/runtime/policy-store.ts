import { createHash } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import { resolve, sep } from "node:path";
import type { CompiledPolicy } from "../core/policy.ts";
import type { PolicyIssue } from "../policy/issue.ts";
import { readPolicy } from "../policy/read-policy.ts";

/** A compiled policy, or why there is none. */
export type PolicyLoad = { readonly policy: CompiledPolicy } | { readonly issues: readonly PolicyIssue[] };

export interface PolicyStore {
  /** Names what is at a file's place now, or why nothing can be read there. Another version has another name. */
  identifyFile(file: string): Promise<string>;
  /** Reads and compiles a file under the root. */
  loadFile(file: string): Promise<PolicyLoad>;
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

  return {
    async identifyFile(file) {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs } = await stat(await resolveInRoot(root, file), { bigint: true });
        // The time of the inode's change nobody can set, while copies often carry the time of their original.
        return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
      } catch (error) {
        return fileIssue(file, error).message;
      }
    },
    async loadFile(file) {
      try {
        return compile(await readBounded(await resolveInRoot(root, file)));
      } catch (error) {
        return { issues: [fileIssue(file, error)] };
      }
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

function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
