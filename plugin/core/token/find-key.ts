import { andNearMiss } from "../detail/near-miss.ts";
import { limitText, listValues, quoteKid, quoteValue } from "../detail/quote-value.ts";
import { type Denial, deny } from "../model/denial.ts";
import { findByTemplate, listEntries, listIssuers, tenantOf } from "../model/issuer-template.ts";
import type { KeyOverview, KeySource, MissingKey, VerificationKey } from "../model/key.ts";
import type { CompiledIssuer, CompiledPolicy, Requirements } from "../model/policy.ts";
import { type Result, succeed } from "../model/result.ts";
import type { JoseHeader, UnverifiedIssuer } from "../model/token.ts";

/** The names of signature algorithms. Any other string in `alg` is not shown. */
const ALGORITHM = /^[A-Za-z0-9-]{1,20}$/;
const MAX_SHOWN_REASONS = 3;
const MAX_REASON_LENGTH = 160;

/**
 * Selects the trusted issuer that the token's `iss` names. The rule must accept this issuer, and the issuer must use
 * the token's `alg`.
 */
export function selectIssuer(
  policy: CompiledPolicy,
  requirements: Requirements,
  joseHeader: JoseHeader,
  { iss }: UnverifiedIssuer,
): Result<CompiledIssuer, Denial> {
  const issuer = typeof iss === "string" ? findIssuer(policy, iss) : undefined;
  if (typeof iss !== "string" || !issuer) {
    return deny({ reason: "issuer_untrusted", detail: describeUnknown(policy, requirements, iss) });
  }
  const { template } = issuer;
  if (template?.tenants && !template.tenants.has(tenantOf(template, iss))) {
    const detail = `unverified iss names the tenant ${quoteValue(tenantOf(template, iss))}; issuer "${issuer.id}" has other tenants: ${listValues(template.tenants)}`;
    return deny({ reason: "issuer_untrusted", detail });
  }
  if (!listEntries(issuer).some(({ id }) => requirements.accept.has(id))) {
    const detail = `the rule does not accept issuer "${issuer.id}", which the unverified iss ${quoteValue(iss)} names; it accepts ${listValues(requirements.accept)}`;
    return deny({ reason: "issuer_untrusted", detail });
  }
  if (!issuer.algorithms.has(joseHeader.alg)) {
    return deny({
      reason: "algorithm_not_allowed",
      detail: `unverified alg ${quoteAlgorithm(joseHeader.alg)}; issuer "${issuer.id}" allows ${[...issuer.algorithms].join(", ")}`,
    });
  }
  return succeed(issuer);
}

/** An entry with the exact `iss` takes precedence over a template. */
export function findIssuer(policy: CompiledPolicy, iss: string): CompiledIssuer | undefined {
  return policy.issuers.get(iss) ?? findByTemplate(policy.issuerTemplates, iss);
}

function describeUnknown(policy: CompiledPolicy, { accept }: Requirements, iss: unknown): string {
  const entries = listIssuers(policy).filter(({ id }) => accept.has(id));
  const accepted = [...new Set(entries.map(({ issuer }) => issuer))];
  const expected = `accepted: ${listValues(accepted)}`;
  if (iss === undefined) {
    return `the token has no iss; ${expected}`;
  }
  return typeof iss === "string"
    ? `the policy has no issuer with the unverified iss ${quoteValue(iss)}; ${expected}${andNearMiss(iss, accepted)}`
    : `the unverified iss is not a string; ${expected}`;
}

function quoteAlgorithm(alg: string): string {
  return ALGORITHM.test(alg) ? quoteValue(alg) : "is not the name of an algorithm";
}

/** Finds the issuer's key that the header names. If the token names no key, the result lists several keys to try. */
export async function findKey(
  keys: KeySource,
  issuer: CompiledIssuer,
  joseHeader: JoseHeader,
  { iss }: UnverifiedIssuer,
): Promise<Result<VerificationKey, Denial>> {
  const lookup = await keys.find(issuer, joseHeader);
  if (!lookup.ok) {
    return deny(describeMissing(issuer, lookup.failure, joseHeader, keys.describe?.(issuer)));
  }
  const { onlyFor, candidates } = lookup.value;
  if (candidates !== undefined && !issuer.triesKeys) {
    return deny(
      describeNameless(
        issuer,
        `${candidates} keys fit, and "tokens_without_kid" does not allow the plugin to try them`,
      ),
    );
  }
  if (onlyFor !== undefined && onlyFor !== iss) {
    return deny({
      reason: "key_not_found",
      detail: `issuer "${issuer.id}" has the key ${nameKid(joseHeader)} for another tenant: ${quoteValue(onlyFor)}`,
    });
  }
  // This check does not rely on the KeySource, because a key of another issuer or algorithm must never verify this token.
  return lookup.value.issuer === issuer.issuer && lookup.value.algorithm === joseHeader.alg
    ? lookup
    : deny({ reason: "internal_error", detail: "the key source returned a key that does not fit" });
}

function describeNameless({ id }: CompiledIssuer, why: string): Denial {
  return { reason: "key_not_found", detail: `the token does not name its key of issuer "${id}": ${why}` };
}

function describeMissing(
  issuer: CompiledIssuer,
  missing: MissingKey,
  joseHeader: JoseHeader,
  overview: KeyOverview | undefined,
): Denial {
  const { id } = issuer;
  switch (missing.because) {
    case "unknown":
      return {
        reason: "key_not_found",
        detail: `issuer "${id}" has no key for ${nameKid(joseHeader)} and alg ${joseHeader.alg}${describeKeys(joseHeader, overview)}`,
      };
    case "conflict":
      return {
        reason: "key_not_found",
        detail: `kid, x5t and x5t#S256 name different keys of issuer "${id}": ${nameKid(joseHeader)}`,
      };
    case "too_many":
      return describeNameless(issuer, `${missing.count} keys fit, and at most ${missing.limit} are tried`);
    case "overloaded":
      return { reason: "overloaded", detail: `too many requests wait for keys of issuer "${id}"` };
    case "unavailable": {
      const { retryAfterSeconds } = missing;
      const why = overview ? describeWhy(overview) : "";
      const detail = `no usable keys of issuer "${id}" yet, next attempt within ${retryAfterSeconds} s${why}`;
      return { reason: "keys_unavailable", retryAfterSeconds, detail };
    }
  }
}

function describeWhy({ failures, notUsed }: KeyOverview): string {
  return failures.length > 0
    ? describeReasons("the last attempt failed", failures)
    : describeReasons("not used", notUsed);
}

function nameKid({ kid }: JoseHeader): string {
  return kid === undefined ? "a token without kid" : `unverified kid ${quoteKid(kid)}`;
}

/** Describes the keys that the issuer has. A key with the token's `kid` and a different algorithm is named first. */
function describeKeys({ alg, kid }: JoseHeader, overview: KeyOverview | undefined): string {
  if (!overview) {
    return "";
  }
  const { keys, notUsed } = overview;
  const twin = kid === undefined ? undefined : keys.find((key) => key.kid === kid);
  const fitting = keys.filter(({ algorithm }) => algorithm === alg);
  const names = listValues(
    fitting.map((key) => key.kid ?? "(no kid)"),
    quoteKid,
  );
  const other =
    fitting.length === 0 ? `; its keys are for ${listValues(new Set(keys.map((key) => key.algorithm)))}` : "";
  return [
    twin ? `; the key with this kid is for ${twin.algorithm}` : "",
    `; keys for ${alg}: ${fitting.length === 0 ? "none" : `${fitting.length}, kid ${names}`}`,
    other,
    describeReasons("not used", notUsed),
  ].join("");
}

function describeReasons(what: string, reasons: readonly string[]): string {
  if (reasons.length === 0) {
    return "";
  }
  const shown = reasons.slice(0, MAX_SHOWN_REASONS).map((reason) => limitText(reason, MAX_REASON_LENGTH));
  const more = reasons.length - shown.length;
  return `; ${what}: ${shown.join("; ")}${more > 0 ? ` and ${more} more` : ""}`;
}
