import { constants, type Stats, writeSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { LineSink } from "./line-queue.ts";

/**
 * The mode of the log file. Only the server's user and group may read the file, because the operator can choose fields
 * with personal data.
 */
const MODE = 0o640;
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOCTTY | constants.O_NONBLOCK;
const BUSY_MS = 10;

/**
 * A log file that another program may rotate. Before each write, the sink checks whether the path still leads to the open file.
 * If the path is missing or leads to another file, the sink opens the path again. A truncated file (`copytruncate`) needs no
 * special care, because each write appends.
 */
export class FileSink implements LineSink {
  readonly #path: string;
  #file: FileHandle | undefined;
  /** Whether the last write ended in the middle of a line. */
  #isTorn = false;
  #mustReopen = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Opens the file now. @throws Error if it cannot be opened. */
  async open(): Promise<void> {
    await this.#findFile();
  }

  async write(text: string): Promise<void> {
    const file = await this.#findFile();
    const bytes = Buffer.from(this.#isTorn ? `\n${text}` : text);
    for (let written = 0; written < bytes.length; ) {
      try {
        const { bytesWritten } = await file.write(bytes, written);
        written += bytesWritten;
        this.#isTorn = written < bytes.length;
      } catch (error) {
        if (!isBusy(error)) {
          throw error;
        }
        await sleep(BUSY_MS); // The pipe is full because its reader is slow. So the remaining text must wait.
      }
    }
  }

  writeLast(text: string): void {
    if (!this.#file) {
      throw new Error("the file is not open");
    }
    writeSync(this.#file.fd, text);
  }

  reopen(): void {
    this.#mustReopen = true;
  }

  /** Closes the log file. A later write opens the file again. */
  async close(): Promise<void> {
    const opened = this.#file;
    this.#file = undefined;
    await opened?.close();
  }

  async #findFile(): Promise<FileHandle> {
    const opened = this.#file;
    if (opened && !this.#mustReopen && (await isSame(opened, this.#path))) {
      return opened;
    }
    this.#mustReopen = false;
    const file = await open(this.#path, FLAGS, MODE);
    this.#file = file;
    this.#isTorn = false;
    await opened?.close();
    return file;
  }
}

async function isSame(file: FileHandle, path: string): Promise<boolean> {
  const [ofFile, ofPath] = await Promise.all([file.stat(), statIfThere(path)]);
  return ofPath !== undefined && ofFile.dev === ofPath.dev && ofFile.ino === ofPath.ino;
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch {
    return undefined;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}
