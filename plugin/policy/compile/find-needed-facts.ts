import type { CompiledPolicy, CompiledRule, TokenSource } from "../../core/model/policy.ts";
import { listRequirements } from "../requirements/list-requirements.ts";

type NeededFacts = Pick<CompiledPolicy, "needsTransport" | "readHeaders" | "decidingFacts">;

/** The facts that the rules and the token sources need. Facts that every decision needs are not in the list. */
export function findNeededFacts(rules: readonly CompiledRule[], tokenSources: readonly TokenSource[]): NeededFacts {
  const judging = listRequirements(rules);
  const sources = judging.length > 0 ? tokenSources : [];
  const compared = judging.flatMap(({ comparedHeaders }) => comparedHeaders.map(({ name }) => name));
  const needsTransport = judging.some(({ allowsHttp }) => !allowsHttp);
  const readHeaders = [...new Set([...compared, ...sources.flatMap(headerOf)])];
  const readsTarget =
    rules.some(({ operations }) => operations !== undefined) || tokenSources.some(({ from }) => from === "query");
  return {
    needsTransport,
    readHeaders,
    decidingFacts: { target: readsTarget, transport: needsTransport, headers: listDecidingHeaders(readHeaders) },
  };
}

/** Authorization is not listed, because it is always read. */
function headerOf(source: TokenSource): readonly string[] {
  switch (source.from) {
    case "header":
      return [source.name];
    case "cookie":
      // If the token is in a cookie, a request for an upgrade must have an allowed origin.
      return ["cookie", "upgrade"];
    default:
      return [];
  }
}

/**
 * `Accept` and `Content-Type` affect only refusals, so they are left out. The headers of preflights are left out, because decisions
 * about OPTIONS requests are not reused. Authorization comes last, because tokens differ most at their ends.
 */
function listDecidingHeaders(readHeaders: readonly string[]): readonly string[] {
  const origin = readHeaders.includes("cookie") ? ["origin"] : [];
  return [...new Set([...origin, ...readHeaders, "authorization"])];
}
