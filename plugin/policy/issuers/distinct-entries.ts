import { checkCondition, NO_REQUEST } from "../../core/access/condition.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { ClaimTest, CompiledIssuer, Condition, Scalar } from "../../core/model/policy.ts";

/**
 * Returns true if it is certain that no token can meet both entries. The function compares the token types of the two
 * entries, and their conditions on the same claim.
 */
export function areDistinct(one: CompiledIssuer, other: CompiledIssuer): boolean {
  return haveOtherTypes(one, other) || excludes(one, other) || excludes(other, one);
}

function haveOtherTypes({ tokenTypes: own }: CompiledIssuer, { tokenTypes: others }: CompiledIssuer): boolean {
  return own !== undefined && others !== undefined && [...own].every((type) => !others.has(type));
}

/** Whether every token that meets `one` fails a condition of `other`. */
function excludes(one: CompiledIssuer, other: CompiledIssuer): boolean {
  const audience: Condition = { claim: one.audience, absent: "refused", tests: [] };
  return [...one.conditions, audience].some((own) =>
    other.conditions.some((condition) => own.claim.text === condition.claim.text && contradicts(own, condition)),
  );
}

function contradicts(own: Condition, condition: Condition): boolean {
  if (own.absent !== "refused") {
    return false;
  }
  if (condition.absent === "required") {
    return true;
  }
  const values = listValues(own.tests);
  return (
    values.length > 0 &&
    values.every((value) => !checkCondition(condition, claimsWith(own.claim.path, value), NO_REQUEST).ok)
  );
}

/** The values that `equals` or `one_of` allow. The list is empty if the condition has neither of these tests. */
function listValues(tests: readonly ClaimTest[]): readonly Scalar[] {
  for (const test of tests) {
    if (test.is === "equals") {
      return [test.value];
    }
    if (test.is === "one_of") {
      return [...test.values];
    }
  }
  return [];
}

function claimsWith([step = "", ...rest]: readonly string[], value: Scalar): JsonObject {
  return { [step]: rest.length === 0 ? value : claimsWith(rest, value) };
}
