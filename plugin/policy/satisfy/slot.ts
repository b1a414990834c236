import type { JsonValue } from "../../core/json/json.ts";
import type { ClaimReference } from "../../core/model/claim-reference.ts";
import type { Scalar } from "../../core/model/policy.ts";

/** A part of a request that the search can choose: a claim, a segment of the path, or a header. */
export type Slot =
  | { readonly in: "claim"; readonly path: readonly string[] }
  | { readonly in: "segment"; readonly index: number }
  | { readonly in: "header"; readonly name: string };

/** The names that a list must have: all names of `all`, and one name of each list in `anyOf`. */
export interface WantedMembers {
  readonly all: readonly Scalar[];
  readonly anyOf: readonly (readonly Scalar[])[];
  /**
   * `list`: the claim must be a list. `names`, `audience`: one string counts as a list of one element. `scopes`: a
   * string is split at spaces.
   */
  readonly form: "list" | "names" | "audience" | "scopes";
  /** If present, the claim must be one string with this separator. */
  readonly separator?: string | undefined;
}

/** What one part of a rule requires of one slot, a part of the request. */
export interface Wish {
  readonly slot: Slot;
  /** The accepted values. */
  readonly oneOf?: readonly JsonValue[];
  readonly pattern?: RegExp;
  readonly bound?: number;
  readonly members?: WantedMembers;
  /** Values to try if no wish about the slot names a value. */
  readonly suggestions?: readonly JsonValue[];
  /** Another slot that must have the same value. */
  readonly sameAs?: Slot;
  /** Whether the value meets this wish. */
  accepts?(value: JsonValue): boolean;
}

export function slotOf({ path }: ClaimReference): Slot {
  return { in: "claim", path };
}

/** Returns a text that identifies the slot, as a key for maps. */
export function nameSlot(slot: Slot): string {
  return JSON.stringify(slot);
}
