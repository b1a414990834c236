import type { KeyFiles } from "./load-key-set.ts";

/**
 * Follows the versions of one file. The class reads the file only if the file changed, and only while no other program
 * writes to the file.
 */
export class FollowedFile {
  readonly #file: string;
  readonly #files: KeyFiles;
  /** `#read` is the version of the file that was read last. `#seen` is the version that the last poll found. */
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
    // The function identifies the version before it reads the file. So if a program writes to the file during the read,
    // the next poll finds another version.
    this.#read = await this.#files.identify(this.#file);
    const content = await read();
    if ((await this.#files.identify(this.#file)) !== this.#read) {
      throw new Error(`${this.#file}: the file changed while it was read`);
    }
    return content;
  }
}
