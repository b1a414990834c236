import type { Issuer } from "../../../schema/generated/policy-document.ts";
import { findHostPlaceholder, findPlaceholder } from "../../core/model/issuer-template.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";

export const DEFAULT_TENANT_CLAIM = "tid";
const ANY_TENANT = "*";
/**
 * One label of a host name (RFC 1123 section 2.1). The label must be in lower case, because the plugin compares `iss`
 * byte by byte.
 */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Index of the host when a URL is split at each `/`. */
const HOST = 2;

/**
 * Whether the plugin fetches separate keys for each tenant of the issuer. It does so if it uses discovery, or if a
 * source of keys contains the placeholder.
 */
export function hasKeysPerTenant(issuer: Issuer): boolean {
  const placeholder = placeholderOf(issuer);
  return (
    issuer.tenants !== undefined &&
    placeholder !== undefined &&
    listSources(issuer, placeholder).some(({ isPerTenant }) => isPerTenant)
  );
}

/**
 * Returns the claim that must name the tenant. If the policy names no such claim, the result depends on the keys. If
 * the issuer's tenants share their keys, the result is a default claim; otherwise, it is undefined.
 */
export function tenantClaimOf(issuer: Issuer): string | undefined {
  const needsClaim = issuer.tenants !== undefined && !hasKeysPerTenant(issuer);
  return issuer.claims.tenant ?? (needsClaim ? DEFAULT_TENANT_CLAIM : undefined);
}

/**
 * Returns one issuer for each tenant, in order. In each result, the tenant's name replaces the placeholder. The result
 * is the same as for a document with only this tenant.
 */
export function expandTenants(issuer: Issuer): readonly { readonly tenant: string; readonly source: Issuer }[] {
  const placeholder = placeholderOf(issuer) ?? "";
  return (issuer.tenants ?? []).map((tenant) => ({ tenant, source: writeFor(issuer, placeholder, tenant) }));
}

/**
 * Checks that the plugin can fetch separate keys for each named tenant. A tenant's name in a token must never cause a fetch.
 */
export function checkTenantSources(issuer: Issuer, path: DocumentPath): readonly Finding[] {
  const tenants: readonly string[] = issuer.tenants ?? [];
  const placeholder = placeholderOf(issuer) ?? "";
  const report = (key: string, message: string): Finding => ({
    code: "issuer_template_invalid",
    path: [...path, key],
    message,
  });
  if (tenants.includes(ANY_TENANT)) {
    const message = `If each tenant has its own keys, the policy must list the tenants, because the plugin never fetches keys for a name from a token. Replace "${ANY_TENANT}" by the names, or use one key URL for all tenants.`;
    return [report("tenants", message)];
  }
  const findings: Finding[] = [];
  const shared = listSources(issuer, placeholder).filter(({ isPerTenant }) => !isPerTenant);
  if (shared.length > 0) {
    const names = shared.map(({ name }) => name).join(", ");
    const message = `Some sources have the keys of one tenant, but ${names} would verify the tokens of every tenant. Write ${placeholder} into each source of keys, or into none.`;
    findings.push(report("keys", message));
  }
  const badLabel = isInHost(issuer, placeholder) ? tenants.findIndex((tenant) => !LABEL.test(tenant)) : -1;
  if (badLabel >= 0) {
    const message =
      "This tenant becomes a part of a host name: use at most 63 lower-case letters, digits and hyphens, without a hyphen at either end.";
    findings.push({ code: "issuer_template_invalid", path: [...path, "tenants", badLabel], message });
  }
  return findings;
}

/** The issuer's placeholder with its braces, such as `{realm}`. */
export function placeholderOf({ issuer }: Issuer): string | undefined {
  const segment = findPlaceholder(issuer);
  return segment === undefined ? findHostPlaceholder(issuer) : issuer.split("/")[segment];
}

interface Source {
  readonly name: string;
  readonly isPerTenant: boolean;
}

function listSources({ keys }: Issuer, placeholder: string): readonly Source[] {
  const { discovery, metadata_uri, jwks_uri, jwks, jwks_files = [], pem_files = [], secret_files = [] } = keys;
  const named = (name: string, texts: readonly (string | undefined)[]): Source[] =>
    texts.flatMap((text) => (text === undefined ? [] : [{ name, isPerTenant: text.includes(placeholder) }]));
  return [
    ...(discovery ? [{ name: "discovery", isPerTenant: true }] : []),
    ...named("metadata_uri", [metadata_uri]),
    ...named("jwks_uri", [jwks_uri]),
    ...(jwks ? [{ name: "jwks", isPerTenant: false }] : []),
    ...named("jwks_files", jwks_files),
    ...named(
      "pem_files",
      pem_files.map(({ file }) => file),
    ),
    ...named(
      "secret_files",
      secret_files.map(({ file }) => file),
    ),
  ];
}

function isInHost({ issuer, keys }: Issuer, placeholder: string): boolean {
  return [issuer, keys.metadata_uri, keys.jwks_uri].some((url) => url?.split("/")[HOST]?.includes(placeholder));
}

function writeFor(source: Issuer, placeholder: string, tenant: string): Issuer {
  const fill = (text: string): string => text.replaceAll(placeholder, tenant);
  const { metadata_uri, jwks_uri, jwks_files, pem_files, secret_files } = source.keys;
  return {
    ...source,
    issuer: fill(source.issuer),
    keys: {
      ...source.keys,
      ...(metadata_uri !== undefined && { metadata_uri: fill(metadata_uri) }),
      ...(jwks_uri !== undefined && { jwks_uri: fill(jwks_uri) }),
      ...(jwks_files && { jwks_files: jwks_files.map(fill) as typeof jwks_files }),
      ...(pem_files && { pem_files: pem_files.map((pem) => ({ ...pem, file: fill(pem.file) })) as typeof pem_files }),
      ...(secret_files && {
        secret_files: secret_files.map((secret) => ({ ...secret, file: fill(secret.file) })) as typeof secret_files,
      }),
    },
  };
}
