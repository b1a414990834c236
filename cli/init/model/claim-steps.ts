import { parseClaimReference } from "../../../plugin/core/model/claim-reference.ts";

/** The top-level claim that contains this claim, or the claim itself if it is at the top level. */
export function topOf(claim: string): string {
  const [first = ""] = stepsOf(claim);
  return first;
}

/** Builds the claims of a token in which this claim has this value. */
export function nest(claim: string, value: unknown): Readonly<Record<string, unknown>> {
  return stepsOf(claim).reduceRight<unknown>((inner, step) => ({ [step]: inner }), value) as Record<string, unknown>;
}

export function stepsOf(claim: string): readonly string[] {
  return parseClaimReference(claim).path;
}
