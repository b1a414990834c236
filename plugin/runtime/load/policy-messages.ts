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
 * The list that one thread sent last to another thread. Both threads have a {@link LastList} with the same content. So
 * a list is sent only if it differs from the last one. The process identifies all policy files once a second. With 1,000
 * files, copying their names and identities between threads would take longer than the system calls.
 */
export class LastList<T> {
  #last: readonly T[] = [];

  /**
   * Remembers the list.
   *
   * @returns the list to send; undefined if it equals the last list.
   */
  shorten(list: readonly T[], isSame: (one: T, other: T) => boolean): readonly T[] | undefined {
    const last = this.#last;
    this.#last = list;
    const isEqual = list.length === last.length && list.every((one, index) => isSame(one, last[index] as T));
    return isEqual ? undefined : list;
  }

  /** Undoes {@link shorten} in the other thread. */
  restore(sent: readonly T[] | undefined): readonly T[] {
    this.#last = sent ?? this.#last;
    return this.#last;
  }
}
