import type { CompiledPolicy, CompiledRule, TokenSource } from "../core/policy.ts";
import { listRequirements } from "./list-requirements.ts";

/** Which facts of a request the rules and the sources of tokens look at, beyond those that every decision needs. */
export function findNeededFacts(
  rules: readonly CompiledRule[],
  tokenSources: readonly TokenSource[],
): Pick<CompiledPolicy, "needsTransport" | "readHeaders"> {
  const judging = listRequirements(rules);
  const sources = judging.length > 0 ? tokenSources : [];
  const compared = judging.flatMap(({ comparedHeaders }) => comparedHeaders.map(({ name }) => name));
  return {
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
