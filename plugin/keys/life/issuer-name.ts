import type { CompiledIssuer, KeyOrigin } from "../../core/model/policy.ts";

/**
 * Returns a name that contains everything that determines the keys of an issuer. In this process, issuers with the same
 * name share their keys.
 */
export function nameIssuer({ issuer, template, tenantOf, keys, keyRefresh, algorithms }: CompiledIssuer): string {
  // The order of the algorithms matters only for keys that fit several algorithms: RSA keys and HMAC secrets.
  const ordered = [/RS|PS/, /HS/].map((type) => [...algorithms].filter((algorithm) => type.test(algorithm)));
  return JSON.stringify([issuer, template !== undefined, tenantOf, keys, keyRefresh, [...algorithms].sort(), ordered]);
}

/**
 * Returns the name of one source of an issuer's keys. The name includes every option that decides which keys of the source are
 * used.
 */
export function namePlace(issuer: CompiledIssuer, origin: KeyOrigin): string {
  return JSON.stringify([nameIssuer(issuer), origin]);
}

/** Returns the name of one source of an issuer's keys, without the policy's options for the source. */
export function nameSource({ issuer }: CompiledIssuer, origin: KeyOrigin): string {
  const { from, uri, file, jwks, issuer: discovered, metadata }: SourceMembers = origin;
  return JSON.stringify([issuer, from, uri, file, jwks, discovered, metadata]);
}

/** The members of an origin that say where the keys of the origin are. */
type SourceMembers = { readonly [name in "from" | "uri" | "file" | "jwks" | "issuer" | "metadata"]?: unknown };
