import type { Denial } from "../model/denial.ts";
import { findByTemplate, tenantOf } from "../model/issuer-template.ts";
import type { KeyLookup, KeySource, VerificationKey } from "../model/key.ts";
import type { CompiledIssuer, CompiledPolicy, Requirements } from "../model/policy.ts";
import type { JoseHeader, UnverifiedIssuer } from "../model/token.ts";

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
