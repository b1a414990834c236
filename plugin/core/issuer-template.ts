import type { CompiledIssuer, CompiledPolicy, IssuerTemplate, IssuerTemplates } from "./policy.ts";

const PLACEHOLDER = /^\{[A-Za-z][A-Za-z0-9_]*\}$/;
/** Nothing that a URL gives a meaning to: no dot, no slash, no percent sign. */
const TENANT = /^[A-Za-z0-9_-]{1,128}$/;
const ANY_TENANT = "{}";
/** Of a URL that is split at each `/`: whoever names the host chooses whom to trust. */
const HOST = 2;
/** As long as the longest template and tenant; what comes is for the sender of a token to decide. */
const MAX_LENGTH = 1024 + 128;

/** The index of the one path segment that is a placeholder; undefined when there is none, or more than one, or braces stand elsewhere. */
export function findPlaceholder(template: string): number | undefined {
  const segments = template.split("/");
  const index = segments.findIndex((segment) => PLACEHOLDER.test(segment));
  const others = segments.toSpliced(index, 1);
  return index > HOST && !others.some((segment) => /[{}]/.test(segment)) ? index : undefined;
}

/** How templates are found: the template with a nameless placeholder. */
export function templateKey(template: string, segment: number): string {
  return template.split("/").with(segment, ANY_TENANT).join("/");
}

/**
 * The issuer whose template fits `iss`: every other segment literally, and the tenant's of plain characters. One look-up for each place that
 * templates have their placeholder in.
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

/** All issuers of a policy, those with many tenants too. */
export function listIssuers({ issuers, issuerTemplates }: CompiledPolicy): readonly CompiledIssuer[] {
  return [...issuers.values(), ...issuerTemplates.issuers.values()];
}

/** The tenant that an `iss` names, which fits the template. */
export function tenantOf({ segment }: IssuerTemplate, iss: string): string {
  return iss.split("/")[segment] ?? "";
}
