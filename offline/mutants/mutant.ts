import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import type { DocumentPath } from "../../plugin/policy/language/finding.ts";
import { editAt } from "./edit.ts";

/** One small change of a policy document. The tests of the policy should notice the change. */
export interface Mutant {
  /** The kind of change, such as `drop_scope`. */
  readonly kind: string;
  /** The path of the change in the document. */
  readonly path: DocumentPath;
  /** The effect of the change, such as `scope payments:read is not required`. */
  readonly change: string;
  /** Returns the changed document, which may be invalid. */
  readonly apply: (data: unknown) => unknown;
}

/** Values that mutations may use in addition to the values of the document. */
export interface MutationWorld {
  readonly policy: CompiledPolicy;
  /**
   * Values from the tests: the audiences of tokens, and the origins of requests. If the policy has a list of audiences
   * or origins, a mutant adds all values to the list.
   */
  readonly audiences: readonly string[];
  readonly origins: readonly string[];
}

/** Creates a mutant that changes one value. If `edit` returns undefined, the mutant lacks the value. */
export function mutate(kind: string, path: DocumentPath, change: string, edit: (value: unknown) => unknown): Mutant {
  return { kind, path, change, apply: (data) => editAt(data, path, edit) };
}

/** Creates a mutant that sets or removes one key of a map. */
export function setKey(kind: string, owner: DocumentPath, key: string, value: unknown, change: string): Mutant {
  return { ...mutate(kind, [...owner, key], change, () => value) };
}
