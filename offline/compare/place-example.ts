import type { CompiledPolicy, TokenSource } from "../../plugin/core/model/policy.ts";
import { findIssuer } from "../../plugin/core/token/find-key.ts";
import { placeToken } from "../../plugin/policy/satisfy/write-request.ts";
import { HEADER_VALUE, type Sender } from "./cells/compare-cell.ts";
import { preflightHeaders } from "./cells/resolve-cell.ts";
import type { CandidateToken } from "./search/token-space.ts";

const INVALID_TOKEN = "not.a.token";

/** Header fields by name in lower case. */
type Headers = ReadonlyMap<string, string>;

export interface PlacedExample {
  readonly method: string;
  /** The path and the query of the request. */
  readonly target: string;
  readonly headers: Headers;
}

/**
 * Writes the example request for one policy version. The function puts the token into a token source that accepts
 * tokens of this issuer in this version. A request with a cookie also has an allowed Origin. The comparison reports
 * changes of token sources separately.
 *
 * @param token the text to send in place of a valid token.
 */
export function placeExample(
  sender: Sender,
  policy: CompiledPolicy,
  { method, path, headers }: { readonly method: string; readonly path: string; readonly headers: Headers },
  token: string,
): PlacedExample {
  switch (sender.sends) {
    case "nothing":
      return { method, target: path, headers };
    case "preflight":
      return { method: "OPTIONS", target: path, headers: new Map([...headers, ...preflightHeaders(method)]) };
    case "invalid_token":
      return { method, ...placeIn(policy.tokenSources[0], path, headers, INVALID_TOKEN) };
    case "token":
      return { method, ...placeIn(findSource(policy, sender.token), path, headers, token) };
  }
}

function placeIn(
  source: TokenSource | undefined,
  path: string,
  headers: Headers,
  token: string,
): Omit<PlacedExample, "method"> {
  const [origin] = source?.from === "cookie" ? source.allowedOrigins : [];
  const all = origin === undefined ? headers : new Map([...headers, ["origin", origin] as const]);
  return placeToken({ path, headers: all, source }, token);
}

/** The first token source in which the policy accepts tokens of the token's issuer. */
function findSource(policy: CompiledPolicy, { claims }: CandidateToken): TokenSource | undefined {
  const id = findIssuer(policy, String(claims.iss))?.id ?? "";
  const { tokenSources } = policy;
  return tokenSources.find(({ issuers }) => issuers?.has(id) !== false) ?? tokenSources[0];
}

/** Lists the headers that rules compare with claims. */
export function listComparedHeaders({ rules }: CompiledPolicy): Headers {
  const requirements = [...rules.values()].flatMap(({ requirements: own, operations }) => [
    own,
    ...(operations?.values ?? []),
  ]);
  const names = requirements.flatMap(({ comparedHeaders }) => comparedHeaders.map(({ name }) => name));
  return new Map(names.map((name) => [name, HEADER_VALUE]));
}
