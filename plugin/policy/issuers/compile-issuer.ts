import type { Issuer } from "../../../schema/generated/policy-document.ts";
import { normalizeType } from "../../core/access/validate-claims.ts";
import { parseClaimReference } from "../../core/model/claim-reference.ts";
import { findHostPlaceholder, findPlaceholder } from "../../core/model/issuer-template.ts";
import type { CompiledIssuer, IssuerTemplate } from "../../core/model/policy.ts";
import { compileClaimLocations } from "../language/claim-locations.ts";
import { durationSeconds } from "../language/duration.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { compileIssuerConditions } from "../requirements/compile-conditions.ts";
import { compileKeyRefresh } from "./compile-key-refresh.ts";
import { compileKeys } from "./compile-keys.ts";
import {
  checkTenantSources,
  DEFAULT_TENANT_CLAIM,
  expandTenants,
  hasKeysPerTenant,
  placeholderOf,
  tenantClaimOf,
} from "./tenant-sources.ts";

const MAX_CLOCK_SKEW_SECONDS = 300;
const ANY_TENANT = "*";
const ANY_TYPE = "any";

/**
 * Compiles one issuer, and reports those mistakes that the schema cannot find.
 *
 * @returns one compiled issuer. If the issuer has keys for each tenant, returns one compiled issuer for each tenant.
 */
export function compileIssuer(
  id: string,
  source: Issuer,
): { readonly issuers: readonly CompiledIssuer[]; readonly findings: readonly Finding[] } {
  if (!hasKeysPerTenant(source)) {
    const { issuer, findings } = compileOne(id, source, source);
    return { issuers: [issuer], findings };
  }
  const path: DocumentPath = ["issuers", id];
  const wrong = [...checkTemplate(source, path), ...checkTenantSources(source, path)];
  const [first, ...others] = expandTenants(source);
  if (wrong.length > 0 || !first) {
    return { issuers: [], findings: wrong };
  }
  const compiled = compileOne(id, first.source, source);
  const claim = tenantClaimOf(source);
  const forTenant = (tenant: string, issuer: string, keys: CompiledIssuer["keys"]): CompiledIssuer => ({
    ...compiled.issuer,
    issuer,
    tenantOf: source.issuer,
    keys,
    conditions:
      claim === undefined
        ? compiled.issuer.conditions
        : [
            ...compiled.issuer.conditions,
            { claim: parseClaimReference(claim), absent: "refused", tests: [{ is: "equals", value: tenant }] },
          ],
  });
  return {
    issuers: [
      forTenant(first.tenant, first.source.issuer, compiled.issuer.keys),
      ...others.map(({ tenant, source: own }) => forTenant(tenant, own.issuer, compileKeys(own, path).keys)),
    ],
    findings: compiled.findings,
  };
}

/** @param written the issuer as it is written in the document, with the placeholder. */
function compileOne(
  id: string,
  source: Issuer,
  written: Issuer,
): { readonly issuer: CompiledIssuer; readonly findings: readonly Finding[] } {
  const path: DocumentPath = ["issuers", id];
  const { keys, findings: keyFindings } = compileKeys(source, path);
  const refresh = compileKeyRefresh(source, path);
  const conditions = compileIssuerConditions(source.required_claims, path);
  const findings = [...checkTemplate(written, path), ...keyFindings, ...refresh.findings, ...conditions.findings];
  const clockSkewSeconds = durationSeconds(source.clock_skew);
  if (clockSkewSeconds > MAX_CLOCK_SKEW_SECONDS) {
    const message = `A clock skew of ${source.clock_skew} is more than 5m: correct the clock instead.`;
    findings.push({ code: "duration_invalid", path: [...path, "clock_skew"], message });
  }
  const issuer: CompiledIssuer = {
    id,
    issuer: source.issuer,
    template: compileTemplate(source),
    tenantOf: undefined,
    audiences: new Set(source.audiences),
    algorithms: new Set(source.algorithms),
    clockSkewSeconds,
    tokenTypes: compileTokenTypes(source.token_type),
    maxTokenAgeSeconds: optionalSeconds(source.max_token_age),
    maxTokenLifetimeSeconds: optionalSeconds(source.max_token_lifetime),
    acceptsBoundTokens: source.bound_tokens === "accept",
    acceptsNumericSubject: source.numeric_subject,
    triesKeys: source.tokens_without_kid === "try_keys",
    conditions: conditions.conditions,
    audience: parseClaimReference(source.claims.audience),
    tenant: parseClaimReference(tenantClaimOf(written) ?? DEFAULT_TENANT_CLAIM),
    scopes: compileClaimLocations(source.claims.scopes),
    roles: compileClaimLocations(source.claims.roles),
    groups: compileClaimLocations(source.claims.groups),
    keys,
    keyRefresh: refresh.keyRefresh,
    otherEntries: [],
  };
  return { issuer, findings };
}

function compileTokenTypes(source: Issuer["token_type"]): ReadonlySet<string> | undefined {
  const types = [source].flat().map((type) => normalizeType(type) ?? "");
  return types.includes(ANY_TYPE) ? undefined : new Set(types);
}

function compileTemplate({ issuer, tenants }: Issuer): IssuerTemplate | undefined {
  const segment = findPlaceholder(issuer);
  if (!tenants || segment === undefined) {
    return undefined;
  }
  return { segment, tenants: tenants.includes(ANY_TENANT) ? undefined : new Set(tenants) };
}

/** A placeholder needs a list of tenants, and a list of tenants needs a placeholder. */
function checkTemplate(source: Issuer, path: DocumentPath): Finding[] {
  const { issuer, tenants } = source;
  const isPath = findPlaceholder(issuer) !== undefined;
  const isHost = findHostPlaceholder(issuer) !== undefined;
  if (tenants === undefined) {
    const message = `Braces mark a tenant: name the accepted tenants under "tenants".`;
    return /[{}]/.test(issuer) ? [{ code: "issuer_template_invalid", path: [...path, "issuer"], message }] : [];
  }
  const findings: Finding[] = [];
  if (isHost && !hasKeysPerTenant(source)) {
    const message = `A host that names the tenant needs keys for each tenant: use discovery, or write ${placeholderOf(source)} into each source of keys.`;
    findings.push({ code: "issuer_template_invalid", path: [...path, "keys"], message });
  } else if (!isHost && (!isPath || !issuer.startsWith("https://"))) {
    const message = `With "tenants", "issuer" must be an https URL in which one path segment or one part of the host is a name in braces, such as "https://idp.example.com/{tenant}".`;
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
