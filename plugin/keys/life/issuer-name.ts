import type { CompiledIssuer, KeyOrigin } from "../../core/model/policy.ts";

/** Everything that determines the keys of an issuer. Issuers with the same name share their keys. */
export function nameIssuer({ issuer, template, keys, keyRefresh, algorithms }: CompiledIssuer): string {
  // The order of algorithms matters where a key of one type fits several.
  const ordered = [/^(?:RS|PS)/, /^HS/].map((type) => [...algorithms].filter((algorithm) => type.test(algorithm)));
  return JSON.stringify([issuer, template !== undefined, keys, keyRefresh, [...algorithms].sort(), ordered]);
}

/** One place of an issuer's keys, with everything that decides which of its keys are used. */
export function namePlace(issuer: CompiledIssuer, origin: KeyOrigin): string {
  return JSON.stringify([nameIssuer(issuer), origin]);
}

/** One place of an issuer's keys, regardless of a policy's options for it. */
export function nameSource({ issuer }: CompiledIssuer, origin: KeyOrigin): string {
  const { from } = origin;
  const { uri, file, jwks, issuer: discovered, metadata } = { ...NO_ORIGIN, ...origin };
  return JSON.stringify([issuer, from, uri, file, jwks, discovered, metadata]);
}

const NO_ORIGIN = { uri: null, file: null, jwks: null, issuer: null, metadata: null };
