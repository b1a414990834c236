import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

type Files = Readonly<Record<string, string>>;

/** Writes files by their paths below a directory. */
export function writeFiles(directory: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}

/** The returned function writes one file into the directory, and returns the file's path. */
export function createWriter(directory: string): (name: string, text: string) => string {
  return (name, text) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
}

/** Each call of the returned function writes files into a new folder of the directory, and returns this folder. */
export function createFolders(directory: string): (files?: Files) => string {
  let count = 0;
  return (files = {}) => {
    count += 1;
    const folder = join(directory, String(count));
    mkdirSync(folder);
    writeFiles(folder, files);
    return folder;
  };
}
