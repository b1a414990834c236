import type { CompiledIssuer, CompiledPolicy, IssuerTemplate, IssuerTemplates } from "./policy.ts";

const PLACEHOLDER = /^\{[A-Za-z][A-Za-z0-9_]*\}$/;
/** The id of a tenant has no character with a special meaning in a URL, such as a dot, a slash or a percent sign. */
const TENANT = /^[A-Za-z0-9_-]{1,128}$/;
const ANY_TENANT = "{}";
/**
 * Index of the host when a URL is split at each `/`. A placeholder in the host would let a token choose which host is
 * trusted.
 */
const HOST = 2;
/**
 * The length of the longest template plus the length of the longest tenant. `iss` needs this limit, because the sender
 * of a token controls `iss`.
 */
const MAX_LENGTH = 1024 + 128;

/**
 * The index of the only path segment that is a placeholder. Returns undefined if no segment or more than one segment is
 * a placeholder, or if other parts of the template have braces.
 */
export function findPlaceholder(template: string): number | undefined {
  const segments = template.split("/");
  const index = segments.findIndex((segment) => PLACEHOLDER.test(segment));
  const others = segments.toSpliced(index, 1);
  return index > HOST && !others.some((segment) => /[{}]/.test(segment)) ? index : undefined;
}

/**
 * Matches an https URL in which a placeholder is one label of the host, but not the last label. Other parts of the URL
 * have no braces.
 */
const HOST_TEMPLATE =
  /^https:\/\/(?:[A-Za-z0-9-]+\.)*(\{[A-Za-z][A-Za-z0-9_]*\})(?:\.[A-Za-z0-9-]+)+(?::\d{1,5})?(?:\/[^{}]*)?$/;

/**
 * The placeholder, such as `{tenant}`, that is one label of the host. If the host in `iss` contains the tenant, the
 * policy must name all tenants. Otherwise, a token could choose the host.
 */
export function findHostPlaceholder(template: string): string | undefined {
  return HOST_TEMPLATE.exec(template)?.[1];
}

/** The key of a template in the map of templates: the template without the name of its placeholder. */
export function templateKey(template: string, segment: number): string {
  return template.split("/").with(segment, ANY_TENANT).join("/");
}

/**
 * The issuer whose template matches `iss`. The tenant's segment must have plain characters only, and all other segments
 * of `iss` and the template must be equal. The function makes one look-up in the map for each position at which the
 * policy's templates have a placeholder.
 */
export function findByTemplate(templates: IssuerTemplates, iss: string): CompiledIssuer | undefined {
  if (iss.length > MAX_LENGTH) {
    return undefined;
  }
  const segments = iss.split("/");
  for (const index of templates.segments) {
    if (TENANT.test(segments[index] ?? "")) {
      const issuer = templates.issuers.get(segments.with(index, ANY_TENANT).join("/"));
      if (issuer) {
        return issuer;
      }
    }
  }
  return undefined;
}

/**
 * Lists the issuers of a policy, one for each id. If an issuer has several kinds of tokens, the list has each of the
 * issuer's entries. For an issuer with keys for each tenant, the list has the first tenant.
 */
export function listIssuers({ issuers, issuerTemplates }: CompiledPolicy): readonly CompiledIssuer[] {
  const byId = new Map<string, CompiledIssuer>();
  for (const issuer of [...issuers.values(), ...issuerTemplates.issuers.values()].flatMap(listEntries)) {
    byId.set(issuer.id, byId.get(issuer.id) ?? issuer);
  }
  return [...byId.values()];
}

/** All entries of the policy with the same identifier. The given issuer must be the first entry. */
export function listEntries(issuer: CompiledIssuer): readonly CompiledIssuer[] {
  return issuer.otherEntries.length === 0 ? [issuer] : [issuer, ...issuer.otherEntries];
}

/** The tenant in an `iss` that matches the template. */
export function tenantOf({ segment }: IssuerTemplate, iss: string): string {
  return iss.split("/")[segment] ?? "";
}
