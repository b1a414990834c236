import type { CompiledPolicy, CompiledRule } from "../../core/model/policy.ts";
import type { Finding } from "../../policy/language/finding.ts";
import type { FileIdentity } from "./policy-compiler.ts";

/** The first message to a compiling thread. */
export interface CompilingThread {
  readonly policyRoot: string;
}

/** A request to a compiling thread. A thread gets one request at a time. */
export type ThreadRequest =
  /** Asks for the identities of files. `files` is undefined if the last identification had the same files. */
  | { readonly kind: "identify"; readonly files: readonly string[] | undefined }
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "text"; readonly text: string }
  /** Asks for the next rules of the policy that was compiled last. */
  | { readonly kind: "more" };

export type ThreadAnswer =
  /** `identities` is undefined if the last identification had the same result. */
  | { readonly kind: "identified"; readonly tookMs: number; readonly identities: readonly FileIdentity[] | undefined }
  | (Place & { readonly kind: "refused"; readonly findings: readonly Finding[] })
  | (Place & { readonly kind: "compiled"; readonly head: Omit<CompiledPolicy, "rules">; readonly rules: RuleBatch })
  | { readonly kind: "rules"; readonly rules: RuleBatch };

/** The files of a policy; empty for a policy text without a file. */
interface Place {
  readonly files: readonly string[];
  readonly identity: string | undefined;
}

/**
 * A part of a policy's rules. The receiving thread rebuilds all objects of a message at once. The thread sends a large
 * policy in parts, so that the event loop can do other work between two parts.
 */
export interface RuleBatch {
  readonly rules: readonly CompiledRule[];
  readonly isLast: boolean;
}

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
