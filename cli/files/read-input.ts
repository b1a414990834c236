import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { STDIN } from "./list-files.ts";

/** Reads the text of a file, or of standard input. */
export function readInput(file: string): Promise<string> {
  return file === STDIN ? readAll(process.stdin) : readFile(file, "utf8");
}

/** The name of the input in messages. */
export function nameInput(file: string): string {
  return file === STDIN ? "standard input" : file;
}
