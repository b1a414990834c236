import type { CompiledIssuer, KeyOrigin } from "../../core/model/policy.ts";

/** Everything that determines the keys of an issuer. Two issuers with the same name share their keys. */
export function nameIssuer({ issuer, template, tenantOf, keys, keyRefresh, algorithms }: CompiledIssuer): string {
  // The order of algorithms matters only if a key of one type fits several algorithms.
  const ordered = [/^(?:RS|PS)/, /^HS/].map((type) => [...algorithms].filter((algorithm) => type.test(algorithm)));
  return JSON.stringify([
    issuer,
    template !== undefined,
    tenantOf ?? null,
    keys,
    keyRefresh,
    [...algorithms].sort(),
    ordered,
  ]);
}

/** The name of one source of an issuer's keys. The name includes every option that decides which keys are used. */
export function namePlace(issuer: CompiledIssuer, origin: KeyOrigin): string {
  return JSON.stringify([nameIssuer(issuer), origin]);
}

/** The name of one source of an issuer's keys, without the policy's options for this source. */
export function nameSource({ issuer }: CompiledIssuer, origin: KeyOrigin): string {
  const { from } = origin;
  const { uri, file, jwks, issuer: discovered, metadata } = { ...NO_ORIGIN, ...origin };
  return JSON.stringify([issuer, from, uri, file, jwks, discovered, metadata]);
}

const NO_ORIGIN = { uri: null, file: null, jwks: null, issuer: null, metadata: null };
