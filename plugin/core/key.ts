import type { JoseHeader, UnverifiedIssuer } from "./decode.ts";
import type { Denial } from "./denial.ts";
import { findByTemplate, tenantOf } from "./issuer-template.ts";
import type { CompiledIssuer, CompiledPolicy, Requirements } from "./policy.ts";

/** A key that verifies with its own algorithm only. The token cannot choose the algorithm (RFC 8725 section 3.1). */
export interface VerificationKey {
  /** The `iss` whose tokens it may verify, or its template. */
  readonly issuer: string;
  readonly kid: string | undefined;
  /** For an issuer with many tenants: the only `iss` that the key serves; undefined when it serves all. */
  readonly onlyFor?: string | undefined;
  /** JOSE name, such as `RS256`. */
  readonly algorithm: string;
  /**
   * Whether the signature is valid; undefined when too many signatures wait for their check.
   *
   * @param client the address of the client that sent the token. Capacity for slow checks is divided among clients.
   */
  verify(signingInput: Uint8Array, signature: Uint8Array, client?: string): SignatureCheck | Promise<SignatureCheck>;
}

export type SignatureCheck = boolean | undefined;

/**
 * `unknown`: the issuer has no such key. `unavailable`: keys of the issuer are missing, so the answer is not known. `overloaded`: too
 * many requests wait for keys already.
 */
export type KeyLookup =
  | { readonly found: VerificationKey }
  | { readonly found: undefined; readonly because: "unknown" | "overloaded" }
  | { readonly found: undefined; readonly because: "unavailable"; readonly retryAfterSeconds: number };

/** Finds keys for the pipeline. It never throws, and it answers without waiting if the key is known. */
export interface KeySource {
  find(issuer: CompiledIssuer, joseHeader: JoseHeader): KeyLookup | Promise<KeyLookup>;
}

/** Selects the trusted issuer that the token claims to come from. The rule must accept it, and the issuer must use `alg`. */
export function selectIssuer(
  policy: CompiledPolicy,
  requirements: Requirements,
  joseHeader: JoseHeader,
  { iss }: UnverifiedIssuer,
): { readonly issuer: CompiledIssuer } | Denial {
  const issuer = typeof iss === "string" ? findIssuer(policy, iss) : undefined;
  if (typeof iss !== "string" || !issuer) {
    return { reason: "issuer_untrusted", detail: "the policy has no issuer with this iss" };
  }
  if (issuer.template?.tenants?.has(tenantOf(issuer.template, iss)) === false) {
    return { reason: "issuer_untrusted", detail: `issuer "${issuer.id}" has other tenants` };
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

/** An entry with the exact `iss` takes precedence over a template. */
function findIssuer(policy: CompiledPolicy, iss: string): CompiledIssuer | undefined {
  return policy.issuers.get(iss) ?? findByTemplate(policy.issuerTemplates, iss);
}

/** Finds the issuer's key that the header names. */
export async function findKey(
  keys: KeySource,
  issuer: CompiledIssuer,
  joseHeader: JoseHeader,
  { iss }: UnverifiedIssuer,
): Promise<{ readonly key: VerificationKey } | Denial> {
  const lookup = await keys.find(issuer, joseHeader);
  if (!lookup.found) {
    return denyWithoutKey(issuer, lookup);
  }
  const { onlyFor } = lookup.found;
  if (onlyFor !== undefined && onlyFor !== iss) {
    return { reason: "key_not_found", detail: `issuer "${issuer.id}" has this key for another tenant` };
  }
  // Checked here and not by the KeySource: a key of another issuer or algorithm must never verify this token.
  return lookup.found.issuer === issuer.issuer && lookup.found.algorithm === joseHeader.alg
    ? { key: lookup.found }
    : { reason: "internal_error", detail: "the key source returned a key that does not fit" };
}

function denyWithoutKey({ id }: CompiledIssuer, lookup: Extract<KeyLookup, { readonly found: undefined }>): Denial {
  switch (lookup.because) {
    case "unknown":
      return { reason: "key_not_found", detail: `issuer "${id}" has no key for this kid and alg` };
    case "overloaded":
      return { reason: "overloaded", detail: `too many requests wait for keys of issuer "${id}"` };
    case "unavailable": {
      const { retryAfterSeconds } = lookup;
      return { reason: "keys_unavailable", retryAfterSeconds, detail: `no usable keys of issuer "${id}" yet` };
    }
  }
}
