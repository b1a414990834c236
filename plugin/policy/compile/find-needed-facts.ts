import type { CompiledPolicy, CompiledRule, TokenSource } from "../../core/model/policy.ts";
import { listRequirements } from "../requirements/list-requirements.ts";

/** The facts that the rules and the token sources need, in addition to those that every decision needs. */
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

/** Authorization is not listed, because it is always read. */
function headerOf(source: TokenSource): readonly string[] {
  switch (source.from) {
    case "header":
      return [source.name];
    case "cookie":
      // With a cookie, a request for an upgrade must have an allowed origin.
      return ["cookie", "upgrade"];
    default:
      return [];
  }
}
