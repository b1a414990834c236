import { andNearMiss } from "../../core/detail/near-miss.ts";
import { quoteValue } from "../../core/detail/quote-value.ts";
import type { FetchRules, KeyOrigin } from "../../core/model/policy.ts";
import { describeUrl, type FetchJson, type FetchOptions } from "../fetch/fetch-json.ts";
import { findKeyList } from "../import/import-key-set.ts";
import { isFetchAllowed, isLoopbackName } from "../rules/fetch-url.ts";

const MAX_URL_LENGTH = 2_048;

export interface FetchedKeySet {
  readonly jwks: unknown;
  /** How many seconds the key set may be used, according to the server; undefined if the server states no time. */
  readonly freshForSeconds: number | undefined;
}

/** Fetches JSON with the settings of one origin. */
type Fetch = (url: string) => ReturnType<FetchJson>;
type WebOrigin = Exclude<KeyOrigin, { readonly file: string }>;

/**
 * Fetches the JWK Set from a source that is not a file. If the key set's URL is in the issuer's metadata, the function fetches
 * the metadata first.
 *
 * @param options limits for each request.
 * @throws Error that names the URL and the cause of the failure.
 */
export async function fetchKeySet(
  origin: WebOrigin,
  fetchJson: FetchJson,
  options: Pick<FetchOptions, "timeoutMs" | "signal">,
): Promise<FetchedKeySet> {
  if (origin.from === "jwks") {
    return { jwks: origin.jwks, freshForSeconds: undefined };
  }
  const allowHttp = origin.allowHttp === true;
  const fetch: Fetch = (url) => fetchJson(url, { ...options, allowHttp });
  const uri = origin.from === "jwks_uri" ? origin.uri : await discoverJwksUri(origin, fetch);
  const { body, freshForSeconds } = await fetch(uri);
  if (!findKeyList(body)) {
    throw new Error(`${describeUrl(uri)} is not a key set: it has no list "keys"`);
  }
  return { jwks: body, freshForSeconds };
}

/**
 * OpenID Connect Discovery 1.0 section 4.3 and RFC 8414 section 3.3: the `issuer` in the metadata must be the configured issuer.
 */
async function discoverJwksUri(origin: Extract<KeyOrigin, { readonly issuer: string }>, fetch: Fetch): Promise<string> {
  const url = origin.from === "metadata_uri" ? origin.uri : metadataUrl(origin);
  const shown = describeUrl(url);
  const { issuer, jwks_uri: jwksUri } = (await fetch(url)).body;
  if (issuer === undefined || jwksUri === undefined) {
    throw new Error(`${shown} is not the metadata of an issuer: issuer or jwks_uri is missing`);
  }
  if (issuer !== origin.issuer) {
    throw new Error(`${shown} names an issuer that is not the policy's issuer: ${showIssuer(issuer, origin.issuer)}`);
  }
  if (typeof jwksUri !== "string" || jwksUri.length > MAX_URL_LENGTH || !mayLeadTo(url, jwksUri, origin)) {
    throw new Error(`${shown} has a jwks_uri that is not an https URL`);
  }
  if (isLoopbackName(new URL(jwksUri).hostname) && !isLoopbackName(new URL(url).hostname)) {
    throw new Error(`${shown} has a jwks_uri on loopback, although the metadata is not on loopback`);
  }
  return jwksUri;
}

/** Renders for a message both issuers and the difference between them. The issuer in the metadata is untrusted. */
function showIssuer(issuer: unknown, expected: string): string {
  return typeof issuer === "string"
    ? `${quoteValue(issuer)}, expected ${quoteValue(expected)}${andNearMiss(issuer, [expected])}`
    : "not a string";
}

/**
 * Returns the URL of an issuer's metadata. OpenID puts the well-known name after the issuer's path (Discovery section 4). RFC
 * 8414 puts the well-known name before the path (section 3.1). Both OpenID and RFC 8414 drop a slash at the end of the path.
 */
function metadataUrl({ issuer, metadata }: Extract<KeyOrigin, { readonly from: "discovery" }>): string {
  const base = issuer.replace(/\/$/, "");
  if (metadata === "openid") {
    return `${base}/.well-known/openid-configuration`;
  }
  const { origin } = new URL(issuer);
  return `${origin}/.well-known/oauth-authorization-server${base.replace(/^[^:]+:\/\/[^/]+/, "")}`;
}

/**
 * The metadata may name another host for the keys. But metadata from an https URL must name an https URL, so that no third party
 * can change the keys in transit.
 */
function mayLeadTo(from: string, to: string, { allowHttp }: FetchRules): boolean {
  const isSecure = new URL(from).protocol === "https:";
  return (
    isFetchAllowed(to, { allowHttp: allowHttp === true, allowQuery: true }) &&
    (!isSecure || new URL(to).protocol === "https:")
  );
}
