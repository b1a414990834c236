import type { Issuer } from "../../../schema/generated/policy-document.ts";
import { normalizeType } from "../../core/access/validate-claims.ts";
import { parseClaimReference } from "../../core/model/claim-reference.ts";
import { findPlaceholder } from "../../core/model/issuer-template.ts";
import type { CompiledIssuer, IssuerTemplate } from "../../core/model/policy.ts";
import { durationSeconds } from "../language/duration.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { compileIssuerConditions } from "../requirements/compile-conditions.ts";
import { compileKeyRefresh } from "./compile-key-refresh.ts";
import { compileKeys } from "./compile-keys.ts";

const MAX_CLOCK_SKEW_SECONDS = 300;
const ANY_TENANT = "*";

/** Compiles one issuer, and reports mistakes that the schema cannot find. */
export function compileIssuer(
  id: string,
  source: Issuer,
): { readonly issuer: CompiledIssuer; readonly findings: readonly Finding[] } {
  const path: DocumentPath = ["issuers", id];
  const { keys, findings: keyFindings } = compileKeys(source, path);
  const refresh = compileKeyRefresh(source, path);
  const conditions = compileIssuerConditions(source.required_claims, path);
  const findings = [...checkTemplate(source, path), ...keyFindings, ...refresh.findings, ...conditions.findings];
  const clockSkewSeconds = durationSeconds(source.clock_skew);
  if (clockSkewSeconds > MAX_CLOCK_SKEW_SECONDS) {
    const message = `A clock skew of ${source.clock_skew} is more than 5m: correct the clock instead.`;
    findings.push({ code: "duration_invalid", path: [...path, "clock_skew"], message });
  }
  const issuer: CompiledIssuer = {
    id,
    issuer: source.issuer,
    template: compileTemplate(source),
    audiences: new Set(source.audiences),
    algorithms: new Set(source.algorithms),
    clockSkewSeconds,
    tokenType: source.token_type.toLowerCase() === "any" ? undefined : normalizeType(source.token_type),
    maxTokenAgeSeconds: optionalSeconds(source.max_token_age),
    maxTokenLifetimeSeconds: optionalSeconds(source.max_token_lifetime),
    acceptsBoundTokens: source.bound_tokens === "accept",
    conditions: conditions.conditions,
    audience: parseClaimReference(source.claims.audience),
    tenant: parseClaimReference(source.claims.tenant),
    scopes: parseClaimReference(source.claims.scopes),
    roles: parseClaimReference(source.claims.roles),
    groups: parseClaimReference(source.claims.groups),
    keys,
    keyRefresh: refresh.keyRefresh,
  };
  return { issuer, findings };
}

function compileTemplate({ issuer, tenants }: Issuer): IssuerTemplate | undefined {
  const segment = findPlaceholder(issuer);
  if (!tenants || segment === undefined) {
    return undefined;
  }
  return { segment, tenants: tenants.includes(ANY_TENANT) ? undefined : new Set(tenants) };
}

/** A placeholder needs a list of tenants, and a list of tenants needs a placeholder. */
function checkTemplate({ issuer, tenants }: Issuer, path: DocumentPath): Finding[] {
  const isTemplate = findPlaceholder(issuer) !== undefined;
  if (tenants === undefined) {
    const message = `Braces mark a tenant: name the accepted tenants under "tenants".`;
    return /[{}]/.test(issuer) ? [{ code: "issuer_template_invalid", path: [...path, "issuer"], message }] : [];
  }
  const findings: Finding[] = [];
  if (!isTemplate || !issuer.startsWith("https://")) {
    const message = `With "tenants", this must be an https URL in which one path segment is a name in braces, such as "https://idp.example.com/{tenant}".`;
    findings.push({ code: "issuer_template_invalid", path: [...path, "issuer"], message });
  }
  if (tenants.length > 1 && tenants.includes(ANY_TENANT)) {
    const message = `"${ANY_TENANT}" accepts every tenant: use it alone, or name only the accepted tenants.`;
    findings.push({ code: "issuer_template_invalid", path: [...path, "tenants"], message });
  }
  return findings;
}

function optionalSeconds(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : durationSeconds(duration);
}
