import type { Consumer } from "../../plugin/core/model/caller.ts";
import type { CompiledPolicy, TokenSource } from "../../plugin/core/model/policy.ts";
import type { Binding, RequestFacts, Transport } from "../../plugin/core/model/request.ts";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import { didYouMean } from "../../plugin/policy/language/suggest-name.ts";
import { readScheme } from "../../plugin/policy/satisfy/write-request.ts";

/** A request without its token. */
export interface OfflineRequest {
  readonly binding: Binding;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** The header fields, by name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly transport: Transport;
  /** The name of the token source with the token; undefined for the policy's first token source. */
  readonly tokenIn: string | undefined;
  /** The credential and Consumer that another plugin has authenticated before. */
  readonly authenticated: { readonly credential: string; readonly consumer: Consumer | undefined } | undefined;
  /** Name of the request's Kong Route; undefined if the Route is not known. */
  readonly route: string | undefined;
}

/** Puts the token into the request. The failure says that the policy lacks the request's token source. */
export function createFacts(
  request: OfflineRequest,
  token: string | undefined,
  policy: CompiledPolicy,
): Result<RequestFacts, string> {
  const source = findSource(policy, request.tokenIn);
  if (!source.ok) {
    return source;
  }
  const { headers, target } = token === undefined ? request : placeToken(request, token, source.value);
  return succeed({
    binding: request.binding,
    requestLine: { method: request.method, target },
    connection: headers.get("connection"),
    authorization: headers.get("authorization"),
    headers,
    transport: request.transport,
    requestId: undefined,
  });
}

function findSource({ tokenSources }: CompiledPolicy, name: string | undefined): Result<TokenSource, string> {
  const [first = { from: "authorization" }] = tokenSources;
  if (name === undefined) {
    return succeed(first);
  }
  if (name === "authorization") {
    return succeed({ from: "authorization" });
  }
  const named = tokenSources.find((source) => source.from !== "authorization" && source.name === name);
  const known = tokenSources.map((source) => (source.from === "authorization" ? source.from : source.name));
  return named
    ? succeed(named)
    : fail(
        `The policy has no token source "${name}".${didYouMean(name, known) || ` Its token sources: ${known.join(", ")}.`}`,
      );
}

function placeToken(
  { headers, target }: OfflineRequest,
  token: string,
  source: TokenSource,
): Pick<OfflineRequest, "headers" | "target"> {
  const withHeader = (name: string, value: string, separator: string): ReadonlyMap<string, string> => {
    const known = headers.get(name);
    return new Map([...headers, [name, known === undefined ? value : `${known}${separator}${value}`]]);
  };
  switch (source.from) {
    case "authorization":
      return { target, headers: withHeader("authorization", `Bearer ${token}`, ", ") };
    case "header":
      return { target, headers: withHeader(source.name, `${readScheme(source.scheme)}${token}`, ", ") };
    case "cookie":
      return { target, headers: withHeader("cookie", `${source.name}=${token}`, "; ") };
    case "query":
      return { headers, target: `${target}${target.includes("?") ? "&" : "?"}${source.name}=${token}` };
  }
}
