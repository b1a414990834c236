/**
 * Each reply of Kong answers one PDK call. The class finds the call for each reply. Replies come in the order of the
 * calls.
 */
export class ReplyQueue {
  readonly #handlers: ((reply: Buffer) => void)[] = [];

  /** Registers that one more reply will come. The promise rejects if the reply cannot be decoded. */
  expect<T>(decode: (reply: Buffer) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#handlers.push((reply) => {
        try {
          resolve(decode(reply));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Passes a frame to the oldest call that waits for a reply. Returns false if no call waits for a reply. */
  take(frame: Buffer): boolean {
    const handle = this.#handlers.shift();
    handle?.(frame);
    return handle !== undefined;
  }

  /**
   * Drops the replies to all waiting calls as they come, and then `more` further replies. The promises of the waiting
   * calls never settle.
   */
  drop(more: number): void {
    this.#handlers.fill(ignore);
    for (let count = 0; count < more; count += 1) {
      this.#handlers.push(ignore);
    }
  }
}

function ignore(): void {}
