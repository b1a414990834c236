import type { CompiledPolicy, CompiledRule } from "../core/policy.ts";

/** Which facts of a request the rules look at. What none needs is not asked for where asking costs a call. */
export function findNeededFacts(
  rules: readonly CompiledRule[],
): Pick<CompiledPolicy, "needsRequestLine" | "needsTransport" | "readHeaders"> {
  // With operations, requests can meet only what stands in them.
  const requirements = rules.flatMap((rule) => rule.operations?.values ?? [rule.requirements]);
  const judging = requirements.filter(({ access }) => access !== "public");
  return {
    needsRequestLine:
      rules.some(({ operations }) => operations) || judging.some(({ passesPreflight }) => passesPreflight),
    needsTransport: judging.some(({ allowsHttp }) => !allowsHttp),
    readHeaders: [...new Set(judging.flatMap(({ comparedHeaders }) => comparedHeaders.map(({ name }) => name)))],
  };
}
