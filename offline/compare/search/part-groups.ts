import type { Requirement } from "./formula.ts";
import type { PartName } from "./token-space.ts";

/**
 * Parts of a token that the same requirement reads, such as two claims with roles. The search must choose the values of
 * all parts of a group in one step.
 */
export interface PartGroup {
  readonly parts: readonly PartName[];
  readonly requirements: readonly Requirement[];
}

/** Divides the parts of a token into groups. No requirement reads parts of two groups. */
export function groupParts(requirements: readonly Requirement[]): (part: PartName) => PartGroup {
  const groups = new Map<PartName, Set<PartName>>();
  for (const { reads } of requirements) {
    const joined = new Set([...reads, ...reads.flatMap((part) => [...(groups.get(part) ?? [])])]);
    for (const part of joined) {
      groups.set(part, joined);
    }
  }
  const found = new Map<Set<PartName>, PartGroup>();
  return (part) => {
    const parts = groups.get(part) ?? new Set([part]);
    let group = found.get(parts);
    if (!group) {
      group = {
        parts: [...parts].sort(),
        requirements: requirements.filter(({ reads }) => reads.some((one) => parts.has(one))),
      };
      found.set(parts, group);
    }
    return group;
  };
}
