import { type Denial, deny } from "../model/denial.ts";
import { findByTemplate, tenantOf } from "../model/issuer-template.ts";
import type { KeySource, MissingKey, VerificationKey } from "../model/key.ts";
import type { CompiledIssuer, CompiledPolicy, Requirements } from "../model/policy.ts";
import { type Result, succeed } from "../model/result.ts";
import type { JoseHeader, UnverifiedIssuer } from "../model/token.ts";

/** Selects the trusted issuer that the token claims to come from. The rule must accept it, and the issuer must use `alg`. */
export function selectIssuer(
  policy: CompiledPolicy,
  requirements: Requirements,
  joseHeader: JoseHeader,
  { iss }: UnverifiedIssuer,
): Result<CompiledIssuer, Denial> {
  const issuer = typeof iss === "string" ? findIssuer(policy, iss) : undefined;
  if (typeof iss !== "string" || !issuer) {
    return deny({ reason: "issuer_untrusted", detail: "the policy has no issuer with this iss" });
  }
  if (issuer.template?.tenants?.has(tenantOf(issuer.template, iss)) === false) {
    return deny({ reason: "issuer_untrusted", detail: `issuer "${issuer.id}" has other tenants` });
  }
  if (!requirements.accept.has(issuer.id)) {
    return deny({ reason: "issuer_untrusted", detail: `the rule does not accept issuer "${issuer.id}"` });
  }
  if (!issuer.algorithms.has(joseHeader.alg)) {
    return deny({
      reason: "algorithm_not_allowed",
      detail: `issuer "${issuer.id}" allows ${[...issuer.algorithms].join(", ")}`,
    });
  }
  return succeed(issuer);
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
): Promise<Result<VerificationKey, Denial>> {
  const lookup = await keys.find(issuer, joseHeader);
  if (!lookup.ok) {
    return deny(describeMissing(issuer, lookup.failure));
  }
  const { onlyFor } = lookup.value;
  if (onlyFor !== undefined && onlyFor !== iss) {
    return deny({ reason: "key_not_found", detail: `issuer "${issuer.id}" has this key for another tenant` });
  }
  // This check does not rely on the KeySource, because a key of another issuer or algorithm must never verify this token.
  return lookup.value.issuer === issuer.issuer && lookup.value.algorithm === joseHeader.alg
    ? lookup
    : deny({ reason: "internal_error", detail: "the key source returned a key that does not fit" });
}

function describeMissing({ id }: CompiledIssuer, missing: MissingKey): Denial {
  switch (missing.because) {
    case "unknown":
      return { reason: "key_not_found", detail: `issuer "${id}" has no key for this kid and alg` };
    case "overloaded":
      return { reason: "overloaded", detail: `too many requests wait for keys of issuer "${id}"` };
    case "unavailable": {
      const { retryAfterSeconds } = missing;
      return { reason: "keys_unavailable", retryAfterSeconds, detail: `no usable keys of issuer "${id}" yet` };
    }
  }
}
