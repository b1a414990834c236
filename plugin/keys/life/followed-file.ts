import type { KeyFiles } from "./load-key-set.ts";

/** Follows the versions of one file. Reads the file only if it changed, and not while another program writes it. */
export class FollowedFile {
  readonly #file: string;
  readonly #files: KeyFiles;
  /** The version of the file that was read last, and the version that the last poll found. */
  #read: string | undefined;
  #seen: string | undefined;

  constructor(file: string, files: KeyFiles) {
    this.#file = file;
    this.#files = files;
  }

  /**
   * Whether the file has a new version that is complete. A version counts as complete if two polls in a row found it.
   *
   * @param isUrgent whether the version counts as complete after one poll.
   */
  async hasChanged(isUrgent: boolean): Promise<boolean> {
    const version = await this.#files.identify(this.#file);
    const isSettled = version === this.#seen || isUrgent;
    this.#seen = version;
    return version !== this.#read && isSettled;
  }

  /** @throws Error if the file changes during the read. Errors of `read` are thrown unchanged. */
  async readUnchanged<T>(read: () => Promise<T>): Promise<T> {
    // The function identifies the file's version before the read, so that a write during the read results in a different version.
    this.#read = await this.#files.identify(this.#file);
    const content = await read();
    if ((await this.#files.identify(this.#file)) !== this.#read) {
      throw new Error(`${this.#file}: the file changed while it was read`);
    }
    return content;
  }
}
