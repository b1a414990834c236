import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { STDIN } from "../files/list-files.ts";
import { nameInput } from "../files/read-input.ts";

/** A line of a log. `text` is undefined if the line is longer than `MAX_LINE`. */
export interface LogText {
  readonly file: string;
  /** The number of the line, counted from 1. */
  readonly line: number;
  readonly text: string | undefined;
}

/**
 * The limit for the length of a line. Kong's log lines are shorter, because nginx limits the total size of a request's
 * headers to some tens of kilobytes.
 */
const MAX_LINE = 1024 * 1024;

/**
 * Reads large logs in pieces, because a log may not fit into memory.
 *
 * @throws Error if a log cannot be read.
 */
export async function* readLogs(files: readonly string[]): AsyncGenerator<LogText> {
  for (const file of files) {
    if (file !== STDIN && (await stat(file)).isDirectory()) {
      throw new Error(`${file} is a directory: give log files, or - for standard input`);
    }
    const input = file === STDIN ? process.stdin : createReadStream(file);
    const name = nameInput(file);
    let line = 0;
    for await (const text of splitLines(input)) {
      line += 1;
      yield { file: name, line, text };
    }
  }
}

async function* splitLines(input: Readable): AsyncGenerator<string | undefined> {
  let rest = "";
  let isTooLong = false;
  input.setEncoding("utf8");
  for await (const chunk of input) {
    const parts = `${rest}${chunk}`.split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      yield isTooLong || part.length > MAX_LINE ? undefined : part;
      isTooLong = false;
    }
    if (rest.length > MAX_LINE) {
      isTooLong = true;
      rest = "";
    }
  }
  if (rest !== "" || isTooLong) {
    yield isTooLong ? undefined : rest;
  }
}
