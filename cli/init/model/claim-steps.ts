import { parseClaimReference } from "../../../plugin/core/model/claim-reference.ts";

/** The top-level claim that contains this claim. For a claim at the top level, the result is the claim itself. */
export function topOf(claim: string): string {
  const [first = ""] = stepsOf(claim);
  return first;
}

/** Builds token claims that contain this claim with the given value. */
export function nest(claim: string, value: unknown): Readonly<Record<string, unknown>> {
  return stepsOf(claim).reduceRight<unknown>((inner, step) => ({ [step]: inner }), value) as Record<string, unknown>;
}

export function stepsOf(claim: string): readonly string[] {
  return parseClaimReference(claim).path;
}
