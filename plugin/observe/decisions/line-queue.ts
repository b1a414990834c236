import { messageOf } from "../../core/text/error-message.ts";

/** The destination of the lines. */
export interface LineSink {
  /** Resolves when the text is written as a whole. */
  write(text: string): Promise<void>;
  /** Writes at the end of the process, when nothing can be awaited any longer. */
  writeLast(text: string): void;
  /** Opens the file again, because it may have been rotated. */
  reopen(): void;
}

export interface LineQueueOptions {
  readonly sink: LineSink;
  /** Maximum number of bytes that wait or are being written. */
  readonly maxBytes: number;
  /** Receives the number of lines that were accepted, but could not be written. */
  readonly onLost: (lines: number) => void;
  /** Is called for the operator when a problem begins, and when it ends. */
  readonly onProblem: (problem: string | undefined) => void;
}

/** Lines are written together after this time, in milliseconds. */
const GATHER_MS = 25;
/** Pause after a failed write, in milliseconds. */
const RETRY_MS = 500;
const MAX_BATCH_BYTES = 1024 * 1024;

/** Lines that wait to be written. It never delays a request, and never keeps more bytes in memory than its bound. */
export class LineQueue {
  readonly #options: LineQueueOptions;
  #lines: string[] = [];
  #waitingBytes = 0;
  #writingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #problem: string | undefined;

  constructor(options: LineQueueOptions) {
    this.#options = options;
  }

  /** The number of lines that wait. */
  get length(): number {
    return this.#lines.length;
  }

  /** @returns false if the queue is full. */
  add(line: string): boolean {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#waitingBytes + this.#writingBytes + bytes > this.#options.maxBytes) {
      return false;
    }
    this.#lines.push(line);
    this.#waitingBytes += bytes;
    this.#schedule(GATHER_MS);
    return true;
  }

  /** Resolves when every line that waits now is written or lost. */
  async drain(): Promise<void> {
    while (this.#lines.length > 0 || this.#writing) {
      await (this.#writing ?? this.#write());
    }
  }

  /** Writes all waiting lines at once. Only for the end of the process. */
  writeLast(): void {
    const lines = this.#take(Number.POSITIVE_INFINITY);
    if (lines.length > 0) {
      try {
        this.#options.sink.writeLast(join(lines));
      } catch {
        this.#options.onLost(lines.length);
      }
    }
  }

  #schedule(afterMs: number): void {
    if (!this.#timer && !this.#writing) {
      this.#timer = setTimeout(() => void this.#write(), afterMs);
    }
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writeBatch().finally(() => {
      this.#writing = undefined;
      if (this.#lines.length > 0) {
        this.#schedule(this.#problem === undefined ? 0 : RETRY_MS);
      }
    });
    return this.#writing;
  }

  async #writeBatch(): Promise<void> {
    const lines = this.#take(MAX_BATCH_BYTES);
    const text = join(lines);
    this.#writingBytes = Buffer.byteLength(text);
    try {
      await this.#options.sink.write(text);
      this.#tell(undefined);
    } catch (error) {
      this.#options.onLost(lines.length);
      this.#tell(messageOf(error));
    }
    this.#writingBytes = 0;
  }

  #take(maxBytes: number): readonly string[] {
    let count = 0;
    let bytes = 0;
    for (const line of this.#lines) {
      const size = Buffer.byteLength(line) + 1;
      if (count > 0 && bytes + size > maxBytes) {
        break;
      }
      count += 1;
      bytes += size;
    }
    this.#waitingBytes -= bytes;
    return this.#lines.splice(0, count);
  }

  #tell(problem: string | undefined): void {
    if (problem !== this.#problem) {
      this.#problem = problem;
      this.#options.onProblem(problem);
    }
  }
}

function join(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
