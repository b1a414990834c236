import type { CompiledPolicy, CompiledRule } from "../core/policy.ts";
import type { ProtectedResource } from "../core/protected-resource.ts";
import { listRequirements } from "./list-requirements.ts";

/** Which facts of a request the rules look at. What none needs is not asked for where asking costs a call. */
export function findNeededFacts(
  rules: readonly CompiledRule[],
  protectedResource: ProtectedResource | undefined,
): Pick<CompiledPolicy, "needsRequestLine" | "needsTransport" | "readHeaders"> {
  const judging = listRequirements(rules);
  return {
    needsRequestLine:
      protectedResource !== undefined ||
      rules.some(({ operations }) => operations) ||
      judging.some(({ passesPreflight }) => passesPreflight),
    needsTransport: judging.some(({ allowsHttp }) => !allowsHttp),
    readHeaders: [...new Set(judging.flatMap(({ comparedHeaders }) => comparedHeaders.map(({ name }) => name)))],
  };
}
