import { DENIALS, publicReason, type Reason } from "../../core/model/denial.ts";

const REASONS = Object.keys(DENIALS) as Reason[];

/**
 * Explains why a reason must share its answer with other reasons. If the answers differed, they would help an attacker
 * to forge tokens. Returns undefined for a reason that may have its own answer.
 */
export function describeIndistinct(name: string): string | undefined {
  const reason = REASONS.find((candidate) => candidate === name);
  const as = reason && publicReason(reason);
  if (as === undefined || as === reason) {
    return undefined;
  }
  const others = REASONS.filter((other) => other !== reason && publicReason(other) === as);
  return `A client must not be able to distinguish "${reason}" from ${others.join(", ")}: set the answer of all of them under "${as}".`;
}
