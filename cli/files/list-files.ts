import { readdir, stat } from "node:fs/promises";
import { join, normalize } from "node:path";

/** The file name `-` means standard input. */
export const STDIN = "-";

const GLOB = /[*?[{]/;
const SKIPPED_FOLDERS = ["node_modules"];
const MAX_FILES = 10_000;

/**
 * Lists the files for a command's arguments: files, directories, globs and `-`. A directory gives all files below it
 * that `isWanted` accepts, at any depth. Every file is listed once.
 *
 * @throws Error if no file matches an argument.
 */
export async function listFiles(args: readonly string[], isWanted: (name: string) => boolean): Promise<string[]> {
  const files = new Set<string>();
  for (const argument of args) {
    const found = await listArgument(argument, isWanted);
    if (found.length === 0) {
      throw new Error(`${argument}: no such file here`);
    }
    for (const file of found) {
      files.add(file);
    }
  }
  return [...files];
}

async function listArgument(argument: string, isWanted: (name: string) => boolean): Promise<readonly string[]> {
  if (argument === STDIN) {
    return [STDIN];
  }
  const kind = await kindOf(argument);
  if (kind === "file") {
    return [argument];
  }
  if (kind === "directory") {
    return (await walk(argument)).filter(isWanted);
  }
  if (!GLOB.test(argument)) {
    return [];
  }
  const fixed = normalize(argument).split("/");
  const wild = fixed.findIndex((part) => GLOB.test(part));
  const root = fixed.slice(0, wild).join("/");
  const pattern = globToPattern(normalize(argument));
  const isAbsolute = root === "" && argument.startsWith("/");
  const all = await walk(isAbsolute ? "/" : root === "" ? "." : root);
  return all.map(normalize).filter((file) => pattern.test(file));
}

async function kindOf(path: string): Promise<"file" | "directory" | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && (found.isDirectory() ? "directory" : "file");
}

/** Lists all files below a directory, in a fixed order. The list leaves out hidden files and installed packages. */
async function walk(root: string): Promise<readonly string[]> {
  const files: string[] = [];
  const pending = [root];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.name.startsWith(".") || SKIPPED_FOLDERS.includes(entry.name)) {
        continue;
      }
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        pending.push(path);
      } else {
        files.push(path);
      }
    }
    if (files.length > MAX_FILES) {
      throw new Error(`${root} has more than ${MAX_FILES} files: name a smaller directory`);
    }
  }
  return files.sort();
}

/**
 * In a glob, `*` and `?` stay within a folder, and `**` crosses folders. `{a,b}` is a choice, `[ab]` is a class of characters.
 */
export function globToPattern(glob: string): RegExp {
  const source = glob.replaceAll(/\*\*\/|\*\*|\*|\?|\{[^{}]*\}|\[[^\]]+\]|[\s\S]/g, (part) => {
    switch (part[0]) {
      case "*":
        return part === "**/" ? "(?:.*/)?" : part === "**" ? ".*" : "[^/]*";
      case "?":
        return "[^/]";
      case "{":
        return part === "{"
          ? "\\{"
          : `(?:${part
              .slice(1, -1)
              .split(",")
              .map((choice) => globToPattern(choice).source.slice(1, -1))
              .join("|")})`;
      case "[":
        return part === "[" ? "\\[" : part.replace("[!", "[^").replaceAll("\\", "\\\\");
      default:
        return part.replace(/[\\^$.*+?()[\]{}|/]/, String.raw`\$&`);
    }
  });
  return new RegExp(`^${source}$`);
}
