import type { Issuer, PolicyDocument } from "../../../schema/generated/policy-document.ts";
import { listEntries, templateKey } from "../../core/model/issuer-template.ts";
import type { CompiledIssuer, IssuerTemplates } from "../../core/model/policy.ts";
import type { Finding } from "../language/finding.ts";
import { compileIssuer } from "./compile-issuer.ts";
import { areDistinct } from "./distinct-entries.ts";

/**
 * Entries with the same identifier must have equal values for these settings, because the plugin uses the settings
 * before it knows the kind of the token.
 */
const COMMON_KEYS = ["keys", "algorithms", "key_refresh", "tokens_without_kid", "numeric_subject", "tenants"] as const;

/**
 * Compiles all issuers. Two issuers may have the same identifier only if no token can count as a token of both issuers.
 */
export function compileIssuers({ issuers: sources }: PolicyDocument): {
  readonly issuers: ReadonlyMap<string, CompiledIssuer>;
  readonly issuerTemplates: IssuerTemplates;
  readonly all: readonly CompiledIssuer[];
  readonly findings: readonly Finding[];
} {
  const issuers = new Map<string, CompiledIssuer>();
  const templates = new Map<string, CompiledIssuer>();
  const tenants = new Map<string, CompiledIssuer>();
  const findings = Object.entries(sources).flatMap(([id, source]) => {
    const { issuers: compiled, findings: own } = compileIssuer(id, source);
    const twins = compiled.flatMap((issuer) => {
      const key = issuer.template ? templateKey(issuer.issuer, issuer.template.segment) : issuer.issuer;
      const alike = issuer.template ? templates : issuer.tenantOf === undefined ? issuers : tenants;
      return addIssuer(key, issuer, alike, sources);
    });
    // Several tenants can have the same finding, and the compiler then reports it once.
    return [...own, ...new Map(twins.map((finding) => [JSON.stringify(finding), finding])).values()];
  });
  // An entry with the exact identifier takes precedence over a tenant of another entry.
  for (const [iss, issuer] of tenants) {
    issuers.set(iss, issuers.get(iss) ?? issuer);
  }
  const segments = new Set([...templates.values()].flatMap(({ template }) => template?.segment ?? []));
  return {
    issuers,
    issuerTemplates: { issuers: templates, segments: [...segments] },
    all: [...issuers.values(), ...templates.values()].flatMap(listEntries),
    findings,
  };
}

/** Adds the issuer to the map of issuers by identifier. If another issuer has the same identifier, compares the two issuers. */
function addIssuer(
  key: string,
  issuer: CompiledIssuer,
  alike: Map<string, CompiledIssuer>,
  sources: Readonly<Record<string, Issuer>>,
): readonly Finding[] {
  const first = alike.get(key);
  if (!first) {
    alike.set(key, issuer);
    return [];
  }
  alike.set(key, { ...first, otherEntries: [...first.otherEntries, issuer] });
  return [
    ...checkTemplates(issuer, first),
    ...checkCommon(issuer.id, first.id, sources),
    ...checkDistinct(issuer, first),
  ];
}

/**
 * The same identifier can come from different templates. The two templates may then name different tenants and
 * different key URLs.
 */
function checkTemplates(issuer: CompiledIssuer, first: CompiledIssuer): Finding[] {
  const message = `Issuer "${first.id}" has a tenant with the same identifier: write the same template here, or other tenants.`;
  return issuer.tenantOf === first.tenantOf
    ? []
    : [{ code: "issuer_duplicate", path: ["issuers", issuer.id, "issuer"], message }];
}

function checkCommon(id: string, first: string, sources: Readonly<Record<string, Issuer>>): Finding[] {
  const [own, other] = [sources[id], sources[first]];
  return COMMON_KEYS.filter((key) => JSON.stringify(own?.[key]) !== JSON.stringify(other?.[key])).map((key) => ({
    code: "issuer_duplicate" as const,
    path: ["issuers", id, key],
    atKey: true,
    message: `Issuer "${first}" has the same identifier, so both issuers must have the same "${key}": repeat it here.`,
  }));
}

/** If a token could fit two entries, an ID token could pass as an access token. */
function checkDistinct(issuer: CompiledIssuer, first: CompiledIssuer): Finding[] {
  const twin = listEntries(first).find((other) => !areDistinct(issuer, other));
  const message = `Issuer "${twin?.id}" has the same identifier, and one token could fit both issuers. Give the two issuers different values of "token_type". Or require a different value of one claim, such as token_use, in the "required_claims" of each issuer.`;
  return twin ? [{ code: "issuer_duplicate", path: ["issuers", issuer.id, "issuer"], message }] : [];
}
