/** Kong's replies to PDK calls. They come in the order of the calls. */
export class ReplyQueue {
  readonly #handlers: ((reply: Buffer) => void)[] = [];

  /** Expects one more reply. The promise rejects if the reply cannot be decoded. */
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

  /** Gives a frame to the call that it answers. Returns false if no reply is expected. */
  take(frame: Buffer): boolean {
    const handle = this.#handlers.shift();
    handle?.(frame);
    return handle !== undefined;
  }

  /**
   * Drops all expected replies when they come, and `more` further replies. The promises for these replies never settle.
   */
  drop(more: number): void {
    this.#handlers.fill(ignore);
    for (let count = 0; count < more; count += 1) {
      this.#handlers.push(ignore);
    }
  }

  /** Called when no more replies will come. */
  clear(): void {
    this.#handlers.length = 0;
  }
}

function ignore(): void {}
