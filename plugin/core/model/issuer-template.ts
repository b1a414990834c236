import type { CompiledIssuer, CompiledPolicy, IssuerTemplate, IssuerTemplates } from "./policy.ts";

const PLACEHOLDER = /^\{[A-Za-z][A-Za-z0-9_]*\}$/;
/** No character that has a meaning in a URL: no dot, no slash, no percent sign. */
const TENANT = /^[A-Za-z0-9_-]{1,128}$/;
const ANY_TENANT = "{}";
/** Index of the host when a URL is split at each `/`. A placeholder there would let a token choose which host is trusted. */
const HOST = 2;
/** The longest template plus the longest tenant. A limit is needed because the sender of a token controls `iss`. */
const MAX_LENGTH = 1024 + 128;

/** The index of the only path segment that is a placeholder. Undefined when there is not exactly one, or when other parts have braces. */
export function findPlaceholder(template: string): number | undefined {
  const segments = template.split("/");
  const index = segments.findIndex((segment) => PLACEHOLDER.test(segment));
  const others = segments.toSpliced(index, 1);
  return index > HOST && !others.some((segment) => /[{}]/.test(segment)) ? index : undefined;
}

/** The key in the map of templates: the template with a nameless placeholder. */
export function templateKey(template: string, segment: number): string {
  return template.split("/").with(segment, ANY_TENANT).join("/");
}

/**
 * The issuer whose template matches `iss`. The tenant's segment must have plain characters only, and all other segments must be equal.
 * This takes one look-up for each position that placeholders have in the policy's templates.
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

/** All issuers of a policy, including those with many tenants. */
export function listIssuers({ issuers, issuerTemplates }: CompiledPolicy): readonly CompiledIssuer[] {
  return [...issuers.values(), ...issuerTemplates.issuers.values()];
}

/** The tenant in an `iss` that matches the template. */
export function tenantOf({ segment }: IssuerTemplate, iss: string): string {
  return iss.split("/")[segment] ?? "";
}
