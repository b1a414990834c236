import type { CompiledPolicy } from "../../../plugin/core/model/policy.ts";
import type { PolicyDocument } from "../../../schema/generated/policy-document.ts";

/**
 * One version of a policy: the valid document, and the compiled policy. The document's parents (`extends`) are merged
 * into the document.
 */
export interface PolicyVersion {
  readonly document: PolicyDocument;
  readonly policy: CompiledPolicy;
}

/** Two values: the first for the old version, the second for the new version. */
export type Both<T> = readonly [before: T, after: T];

export function ofBoth<T, U>([before, after]: Both<T>, read: (version: T) => U): Both<U> {
  return [read(before), read(after)];
}
