import { parseClaimReference } from "../../../plugin/core/model/claim-reference.ts";

/** The top-level claim that contains this claim. If this claim is at the top level, the claim itself. */
export function topOf(claim: string): string {
  const [first = ""] = stepsOf(claim);
  return first;
}

/** Claims in which the claim has this value. */
export function nest(claim: string, value: unknown): Readonly<Record<string, unknown>> {
  return stepsOf(claim).reduceRight<unknown>((inner, step) => ({ [step]: inner }), value) as Record<string, unknown>;
}

export function stepsOf(claim: string): readonly string[] {
  return parseClaimReference(claim).path;
}
