import { compareCell, type Difference } from "./compare-cell.ts";
import { type Both, ofBoth, type PolicyVersion } from "./policy-version.ts";
import type { ResolvedCell } from "./resolve-cell.ts";
import { writeRequirements } from "./write-requirements.ts";

/** A difference, and all cells in which the two versions differ in this way. */
export interface AccessChange {
  readonly example: Difference;
  /** The cells of the rule with the same difference. The cell of the example comes first. */
  readonly cells: readonly Difference["cell"][];
  /** The requirements of both versions in these cells, as strings. */
  readonly requirements: Both<string>;
}

/** Cells with the same requirements. */
interface Group {
  readonly requirements: Both<string>;
  readonly first: ResolvedCell;
  readonly cells: Difference["cell"][];
}

/**
 * Compares two versions of a policy: which requests of one rule does each version let pass?
 *
 * @param haveOtherIssuers whether the versions have different issuers. If so, even equal requirements may differ in effect.
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
