import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { kindOfText } from "./policies/policy-tree.ts";

/** A file that exists on both sides. */
export interface FilePair {
  /** The kind of the file on each side that has it. */
  readonly kinds: ReadonlySet<string>;
  /**
   * Whether the file, and each file that it extends, is the same on both sides. If all these files are equal, there is
   * nothing to compare.
   */
  readonly isSame: boolean;
}

const EXTENDS = /^["']?extends["']?[ \t]*:[ \t]*["']?([^"'#\r\n]+?)["']?[ \t]*(?:#.*)?\r?$/m;
/** The comparison follows `extends` through at most this number of files. The gateway accepts fewer. */
const MAX_PARENTS = 10;

/**
 * Compares a file in both directories. The code does not parse a file that is equal on both sides. Skipping equal files
 * saves time, because most policies do not change.
 */
export async function readPair(file: string, directories: readonly [string, string]): Promise<FilePair> {
  const texts = await readBoth(file, directories);
  const [old, current] = texts;
  const kinds = new Set(
    (old === current ? [old] : texts).flatMap((text) => (text === undefined ? [] : [kindOfText(text)])),
  );
  return { kinds, isSame: old !== undefined && old === current && (await haveSameParents(file, old, directories)) };
}

async function haveSameParents(file: string, text: string, directories: readonly [string, string]): Promise<boolean> {
  let [child, childText] = [file, text];
  for (let count = 0; /\bextends\b/.test(childText); count += 1) {
    const [, parent] = EXTENDS.exec(childText) ?? [];
    if (parent === undefined || count > MAX_PARENTS) {
      // This file writes `extends` in an unusual way, so the code must load and compare both versions.
      return false;
    }
    child = posix.join(posix.dirname(child), parent);
    const [old, current] = await readBoth(child, directories);
    if (old === undefined || old !== current) {
      return false;
    }
    childText = old;
  }
  return true;
}

function readBoth(
  file: string,
  [before, after]: readonly [string, string],
): Promise<[old: string | undefined, current: string | undefined]> {
  const read = (directory: string): Promise<string | undefined> =>
    readFile(join(directory, file), "utf8").catch(() => undefined);
  return Promise.all([read(before), read(after)]);
}
