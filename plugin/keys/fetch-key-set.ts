import { isFetchAllowed } from "../core/fetch-url.ts";
import type { KeyOrigin } from "../core/policy.ts";
import { fetchJson } from "./fetch-json.ts";

type WebOrigin = Exclude<KeyOrigin, { readonly file: string }>;

/**
 * Fetches the JWK Set of an origin that is no file.
 *
 * @param timeoutMs bound on each request.
 * @throws Error that names the URL and the cause.
 */
export async function fetchKeySet(origin: WebOrigin, timeoutMs: number): Promise<unknown> {
  switch (origin.from) {
    case "jwks":
      return origin.jwks;
    case "jwks_uri":
      return fetchJson(origin.uri, timeoutMs);
    case "discovery":
      return fetchJson(await discoverJwksUri(origin.issuer, timeoutMs), timeoutMs);
  }
}

/** OpenID Connect Discovery 1.0 section 4. */
async function discoverJwksUri(issuer: string, timeoutMs: number): Promise<string> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  return readJwksUri(await fetchJson(url, timeoutMs), issuer, url);
}

/**
 * Where an issuer's metadata says that its keys are: the metadata's `issuer` must equal the configured one (section 4.3), and who is
 * reached by https does not send us on by http, not to this machine either.
 *
 * @param url of the metadata, for messages.
 * @throws Error that names the URL and the cause.
 */
export function readJwksUri(metadata: unknown, issuer: string, url: string): string {
  if (typeof metadata !== "object" || metadata === null || !("issuer" in metadata) || !("jwks_uri" in metadata)) {
    throw new Error(`${url} is not OpenID provider metadata: issuer or jwks_uri is missing`);
  }
  if (metadata.issuer !== issuer) {
    throw new Error(`${url} names another issuer than the policy`);
  }
  const isDowngrade = issuer.startsWith("https:") && !String(metadata.jwks_uri).startsWith("https:");
  if (typeof metadata.jwks_uri !== "string" || !isFetchAllowed(metadata.jwks_uri) || isDowngrade) {
    throw new Error(`${url} has a jwks_uri that is not an https URL`);
  }
  return metadata.jwks_uri;
}
