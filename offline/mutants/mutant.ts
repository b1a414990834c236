import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import type { DocumentPath } from "../../plugin/policy/language/finding.ts";
import { editAt } from "./edit.ts";

/** One small change of a policy document that its tests should notice. */
export interface Mutant {
  /** The kind of change, such as `drop_scope`. */
  readonly kind: string;
  /** The changed place. */
  readonly path: DocumentPath;
  /** What the change does, such as `scope payments:read is not required`. */
  readonly change: string;
  /** The changed document. The changed document. It may be invalid. */
  readonly apply: (data: unknown) => unknown;
}

/** Values that mutations may use in addition to the values of the document. */
export interface MutationWorld {
  readonly policy: CompiledPolicy;
  /**
   * Values from the tests, such as the audiences of their tokens. If the policy has a list of such values, a mutant
   * adds all of them to the list.
   */
  readonly audiences: readonly string[];
  readonly origins: readonly string[];
}

/** A mutant that changes one value. If `edit` returns undefined, the value is removed. */
export function mutate(kind: string, path: DocumentPath, change: string, edit: (value: unknown) => unknown): Mutant {
  return { kind, path, change, apply: (data) => editAt(data, path, edit) };
}

/** A mutant that sets or removes one key of a map. */
export function setKey(kind: string, owner: DocumentPath, key: string, value: unknown, change: string): Mutant {
  return { ...mutate(kind, [...owner, key], change, () => value) };
}
