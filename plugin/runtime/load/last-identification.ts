import type { FileIdentity } from "./policy-compiler.ts";

/**
 * The files that were identified last, and the result. For each compiling thread, the main thread and the compiling
 * thread both have a {@link LastIdentification} with the same content. So one thread sends names or identities to the
 * other thread only if they differ from the last ones. The process identifies all policy files once a second. With
 * 1,000 files, copying the names and identities between threads would take longer than the system calls.
 */
export class LastIdentification {
  #files: readonly string[] = [];
  #identities: readonly FileIdentity[] = [];

  /**
   * Remembers the files.
   *
   * @returns undefined if the last identification had the same files.
   */
  shortenFiles(files: readonly string[]): readonly string[] | undefined {
    const isSame = isEqual(files, this.#files, (one, other) => one === other);
    this.#files = files;
    return isSame ? undefined : files;
  }

  /** Undoes {@link shortenFiles} in the other thread. */
  restoreFiles(files: readonly string[] | undefined): readonly string[] {
    this.#files = files ?? this.#files;
    return this.#files;
  }

  /**
   * Remembers the identities.
   *
   * @returns undefined if the last identification had the same result.
   */
  shortenIdentities(identities: readonly FileIdentity[]): readonly FileIdentity[] | undefined {
    const isSame = isEqual(
      identities,
      this.#identities,
      (one, other) => one.identity === other.identity && one.isMissing === other.isMissing,
    );
    this.#identities = identities;
    return isSame ? undefined : identities;
  }

  /** Undoes {@link shortenIdentities} in the other thread. */
  restoreIdentities(identities: readonly FileIdentity[] | undefined): readonly FileIdentity[] {
    this.#identities = identities ?? this.#identities;
    return this.#identities;
  }
}

function isEqual<T>(list: readonly T[], other: readonly T[], isSame: (one: T, other: T) => boolean): boolean {
  return list.length === other.length && list.every((one, index) => isSame(one, other[index] as T));
}
