import type { CompiledPolicy, CompiledRule, TokenSource } from "../core/policy.ts";
import type { ProtectedResource } from "../core/protected-resource.ts";
import { listRequirements } from "./list-requirements.ts";

/** Which facts of a request the rules and the sources of tokens look at. What none needs is not asked for where asking costs a call. */
export function findNeededFacts(
  rules: readonly CompiledRule[],
  tokenSources: readonly TokenSource[],
  protectedResource: ProtectedResource | undefined,
): Pick<CompiledPolicy, "needsRequestLine" | "needsTransport" | "readHeaders"> {
  const judging = listRequirements(rules);
  const sources = judging.length > 0 ? tokenSources : [];
  const readsMethodOrQuery = sources.some(({ from }) => from === "cookie" || from === "query");
  const compared = judging.flatMap(({ comparedHeaders }) => comparedHeaders.map(({ name }) => name));
  return {
    needsRequestLine:
      protectedResource !== undefined ||
      readsMethodOrQuery ||
      rules.some(({ operations }) => operations) ||
      judging.some(({ passesPreflight }) => passesPreflight),
    needsTransport: judging.some(({ allowsHttp }) => !allowsHttp),
    readHeaders: [...new Set([...compared, ...sources.flatMap(headerOf)])],
  };
}

/** Authorization is read always. */
function headerOf(source: TokenSource): readonly string[] {
  switch (source.from) {
    case "header":
      return [source.name];
    case "cookie":
      // What asks for an upgrade needs an origin.
      return ["cookie", "upgrade"];
    default:
      return [];
  }
}
