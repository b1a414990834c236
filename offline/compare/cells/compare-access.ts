import { compareCell, type Difference } from "./compare-cell.ts";
import { type Both, ofBoth, type PolicyVersion } from "./policy-version.ts";
import type { ResolvedCell } from "./resolve-cell.ts";
import { writeRequirements } from "./write-requirements.ts";

/** A difference between two versions, and all cells with the same difference. */
export interface AccessChange {
  readonly example: Difference;
  /** All cells of the rule with this difference. The cell of `example` comes first. */
  readonly cells: readonly Difference["cell"][];
  /** The requirements of both versions on requests of `cells`, as strings to compare. */
  readonly requirements: Both<string>;
}

/**
 * Cells that need only one comparison: in each of the two versions, all of these cells have the same requirements.
 */
interface Group {
  readonly requirements: Both<string>;
  readonly first: ResolvedCell;
  readonly cells: Difference["cell"][];
}

/**
 * Finds requests of one rule that one of two policy versions lets pass and the other refuses.
 *
 * @param haveOtherIssuers whether the versions have different issuers. If the issuers differ, equal requirements may
 * let different requests pass.
 */
export function compareAccess(
  resolved: readonly ResolvedCell[],
  versions: Both<PolicyVersion>,
  haveOtherIssuers: boolean,
  now: number,
): readonly AccessChange[] {
  const groups = new Map<string, Group>();
  for (const one of resolved) {
    const requirements = ofBoth(one.sides, writeRequirements);
    const [was, is] = requirements;
    if (was !== is || haveOtherIssuers) {
      const group = groups.get(`${was}\n${is}`) ?? { requirements, first: one, cells: [] };
      group.cells.push(one.cell);
      groups.set(`${was}\n${is}`, group);
    }
  }
  return [...groups.values()].flatMap(({ first, ...group }) =>
    compareCell(first, versions, now).map((example) => ({ example, ...group })),
  );
}
