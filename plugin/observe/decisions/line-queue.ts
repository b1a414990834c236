import { messageOf } from "../../core/text/error-message.ts";

/** The destination of the log lines. */
export interface LineSink {
  /** Resolves when the whole text is written. */
  write(text: string): Promise<void>;
  /** Writes synchronously. Used at the end of the process, when the process can no longer wait for promises. */
  writeLast(text: string): void;
  /** Opens the file again, because another program may have rotated it. */
  reopen(): void;
}

export interface LineQueueOptions {
  readonly sink: LineSink;
  /** Maximum number of bytes in lines that wait or are being written. */
  readonly maxBytes: number;
  /** Receives the number of lines that the queue accepted but could not write. */
  readonly onLost: (lines: number) => void;
  /** Called when a problem for the operator begins, and when it ends. */
  readonly onProblem: (problem: string | undefined) => void;
}

/** The time in which the queue collects lines before it writes them together, in milliseconds. */
const GATHER_MS = 25;
/** How long the queue waits after a failed write, in milliseconds. */
const RETRY_MS = 500;
const MAX_BATCH_BYTES = 1024 * 1024;

/**
 * A queue of lines that wait to be written. The queue never delays a request, and never keeps more bytes in memory than its
 * limit.
 */
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

  /** Resolves when each of the lines that are in the queue now is written or lost. */
  async drain(): Promise<void> {
    while (this.#lines.length > 0 || this.#writing) {
      await (this.#writing ?? this.#write());
    }
  }

  /** Writes all waiting lines at once. Call this method only when the process ends. */
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
