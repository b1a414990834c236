import type { JoseHeader } from "./decode.ts";
import type { Denial } from "./denial.ts";
import type { JsonObject } from "./json.ts";
import type { CompiledIssuer, CompiledPolicy, Requirements } from "./policy.ts";

/** A key as a capability: it verifies with its own algorithm, and the token has no say in it (RFC 8725 section 3.1). */
export interface VerificationKey {
  /** The `iss` whose tokens it may verify. */
  readonly issuer: string;
  readonly kid: string | undefined;
  /** JOSE name, such as `RS256`. */
  readonly algorithm: string;
  verify(signingInput: Uint8Array, signature: Uint8Array): boolean;
}

/** `unknown`: the issuer has no such key. `unavailable`: no usable key set exists, so nobody can tell. */
export type KeyLookup =
  | { readonly found: VerificationKey }
  | { readonly found: undefined; readonly because: "unknown" }
  | { readonly found: undefined; readonly because: "unavailable"; readonly retryAfterSeconds: number };

/** The one port of the pipeline. It never throws, and answers without waiting where the key is known. */
export interface KeySource {
  find(issuer: CompiledIssuer, joseHeader: JoseHeader): KeyLookup | Promise<KeyLookup>;
}

/** The trusted issuer that the token claims to come from, provided the rule accepts it and the issuer uses `alg`. */
export function selectIssuer(
  policy: CompiledPolicy,
  requirements: Requirements,
  joseHeader: JoseHeader,
  unverifiedClaims: JsonObject,
): { readonly issuer: CompiledIssuer } | Denial {
  const { iss } = unverifiedClaims;
  const issuer = typeof iss === "string" ? policy.issuers.get(iss) : undefined;
  if (!issuer) {
    return { reason: "issuer_untrusted", detail: "the policy has no issuer with this iss" };
  }
  if (!requirements.accept.has(issuer.id)) {
    return { reason: "issuer_untrusted", detail: `the rule does not accept issuer "${issuer.id}"` };
  }
  if (!issuer.algorithms.has(joseHeader.alg)) {
    return {
      reason: "algorithm_not_allowed",
      detail: `issuer "${issuer.id}" allows ${[...issuer.algorithms].join(", ")}`,
    };
  }
  return { issuer };
}

/** Asks for the key that the header names among those of the issuer. */
export async function findKey(
  keys: KeySource,
  issuer: CompiledIssuer,
  joseHeader: JoseHeader,
): Promise<{ readonly key: VerificationKey } | Denial> {
  const lookup = await keys.find(issuer, joseHeader);
  if (!lookup.found) {
    return lookup.because === "unavailable"
      ? {
          reason: "keys_unavailable",
          retryAfterSeconds: lookup.retryAfterSeconds,
          detail: `no usable keys of issuer "${issuer.id}" yet`,
        }
      : { reason: "key_not_found", detail: `issuer "${issuer.id}" has no key for this kid and alg` };
  }
  // Not left to the port: a key of another issuer or algorithm must never verify this token.
  return lookup.found.issuer === issuer.issuer && lookup.found.algorithm === joseHeader.alg
    ? { key: lookup.found }
    : { reason: "internal_error", detail: "the key source returned a key that does not fit" };
}
