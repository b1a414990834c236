import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import { messageOf } from "../../plugin/core/text/error-message.ts";

export interface PlannedFile {
  /** The path of the file, relative to the directory that `--dir` names. */
  readonly path: string;
  readonly text: string;
  /**
   * Only for a file that several APIs share, such as `kong.yml`. If the file already exists, the user must add this
   * part to the file.
   */
  readonly shared?: {
    readonly part: string;
    /** The position in the file at which the user must insert the part. */
    readonly where: string;
    /** The pattern matches a file that already has the part. */
    readonly mark: RegExp;
  };
}

export interface PlacedFile extends PlannedFile {
  /** `add`: the file exists. The command does not change the file, so the user must add the part to it. */
  readonly action: "write" | "replace" | "keep" | "add";
}

/**
 * Compares the planned files with the existing files in a directory.
 *
 * @returns what to do with each file. The failure lists the files that only `--force` may replace.
 */
export async function compareFiles(
  dir: string,
  files: readonly PlannedFile[],
  isForced: boolean,
): Promise<Result<readonly PlacedFile[], readonly string[]>> {
  const placed: PlacedFile[] = [];
  const taken: string[] = [];
  for (const file of files) {
    const path = join(dir, file.path);
    const before = await readExisting(path);
    if (before === undefined) {
      placed.push({ ...file, action: "write" });
    } else if (before === file.text || file.shared?.mark.test(before)) {
      placed.push({ ...file, action: "keep" });
    } else if (file.shared) {
      placed.push({ ...file, action: "add" });
    } else {
      taken.push(path);
      placed.push({ ...file, action: "replace" });
    }
  }
  return taken.length > 0 && !isForced ? fail(taken) : succeed(placed);
}

async function readExisting(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw new Error(`${path} cannot be read: ${messageOf(error)}`);
  }
}

/**
 * Writes the files as {@link compareFiles} decided. The code replaces each file in one step, so a gateway that reads
 * the directory never sees half of a file.
 */
export async function writeFiles(dir: string, files: readonly PlacedFile[]): Promise<void> {
  const written: string[] = [];
  for (const { path: name, text, action } of files) {
    const path = join(dir, name);
    try {
      if (action === "write" || action === "replace") {
        await mkdir(dirname(path), { recursive: true });
        await writeWhole(path, text, action === "write");
        written.push(path);
      }
    } catch (error) {
      const before =
        written.length === 0 ? "Nothing was written." : `These files were already written: ${written.join(", ")}.`;
      throw new Error(`${path} cannot be written: ${messageOf(error)}. ${before}`);
    }
  }
}

/** If another process has made a file in the meantime, the new file does not replace it. */
async function writeWhole(path: string, text: string, isNew: boolean): Promise<void> {
  if (isNew) {
    await writeFile(path, text, { flag: "wx" });
    return;
  }
  const draft = `${path}.${process.pid}.new`;
  await writeFile(draft, text, { flag: "wx" });
  await rename(draft, path);
}
