import { parseClaimReference } from "../../../plugin/core/model/claim-reference.ts";

/** The top-level claim that contains this claim. If this claim is at the top level, it is the claim itself. */
export function topOf(claim: string): string {
  const [first = ""] = stepsOf(claim);
  return first;
}

/** Builds the claims of a token in which the claim has the given value. */
export function nest(claim: string, value: unknown): Readonly<Record<string, unknown>> {
  return stepsOf(claim).reduceRight<unknown>((inner, step) => ({ [step]: inner }), value) as Record<string, unknown>;
}

export function stepsOf(claim: string): readonly string[] {
  return parseClaimReference(claim).path;
}
