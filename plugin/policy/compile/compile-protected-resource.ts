import type { PolicyDocument } from "../../../schema/generated/policy-document.ts";
import type { CompiledIssuer, CompiledRule, ProtectedResource, TokenSource } from "../../core/model/policy.ts";
import { quoteText } from "../../core/text/printable.ts";
import { isFetchAllowed } from "../../keys/rules/fetch-url.ts";
import type { Finding } from "../language/finding.ts";
import { listRequirements } from "../requirements/list-requirements.ts";

const WELL_KNOWN = "/.well-known/oauth-protected-resource";

/**
 * Writes the API's description (RFC 9728 section 2), from the document and from its rules.
 *
 * @param issuers all issuers of the policy.
 */
export function compileProtectedResource(
  { protected_resource: source }: PolicyDocument,
  issuers: readonly CompiledIssuer[],
  rules: readonly CompiledRule[],
  tokenSources: readonly TokenSource[],
): { readonly protectedResource: ProtectedResource | undefined; readonly findings: readonly Finding[] } {
  if (!source) {
    return { protectedResource: undefined, findings: [] };
  }
  const { resource, authorization_servers: servers, scopes_supported: scopes, ...texts } = source;
  const metadataUrl = locateMetadata(resource);
  if (metadataUrl === undefined) {
    const message = `${quoteText(resource)} is not an https URL in the form that clients compare: host in lower case, no default port, query, fragment or dot segments (http is allowed on loopback).`;
    const finding: Finding = { code: "url_insecure", path: ["protected_resource", "resource"], message };
    return { protectedResource: undefined, findings: [finding] };
  }
  // Empty lists are left out (RFC 9728 section 3.2).
  const metadata = {
    resource,
    authorization_servers: orNothing(servers ?? findServers(issuers, rules)),
    scopes_supported: orNothing(scopes ?? findScopes(rules)),
    bearer_methods_supported: tokenSources.flatMap(nameBearerMethod),
    ...texts,
  };
  const protectedResource: ProtectedResource = {
    metadataUrl,
    metadataPath: new URL(metadataUrl).pathname,
    metadata: JSON.stringify(metadata),
  };
  return { protectedResource, findings: [] };
}

/** RFC 6750 section 2 has names for these token sources only. Other token sources are left out. */
function nameBearerMethod(source: TokenSource): readonly string[] {
  if (source.from === "authorization") {
    return ["header"];
  }
  return source.from === "query" && source.name === "access_token" ? ["query"] : [];
}

function orNothing(list: readonly string[]): readonly string[] | undefined {
  return list.length === 0 ? undefined : list;
}

/**
 * The well-known path goes between host and path. If the path is only a slash, the well-known path replaces it (RFC
 * 9728 section 3.1).
 */
function locateMetadata(resource: string): string | undefined {
  if (!isFetchAllowed(resource)) {
    return undefined;
  }
  const { origin, pathname, href } = new URL(resource);
  const path = pathname === "/" ? "" : pathname;
  return href === resource || href === `${resource}/` ? `${origin}${WELL_KNOWN}${path}` : undefined;
}

/** The issuers that some rule accepts. Each tenant is listed as one issuer. Issuers without a URL are left out: clients cannot reach them. */
function findServers(issuers: readonly CompiledIssuer[], rules: readonly CompiledRule[]): readonly string[] {
  const accepted = new Set(listRequirements(rules).flatMap(({ accept }) => [...accept]));
  const servers = issuers
    .filter(({ id }) => accepted.has(id))
    .flatMap(({ issuer, template }) =>
      template
        ? [...(template.tenants ?? [])].map((tenant) => issuer.split("/").with(template.segment, tenant).join("/"))
        : [issuer],
    );
  // If several entries of the policy have the same identifier, the list has the identifier once.
  return [...new Set(servers)].filter((issuer) => isFetchAllowed(issuer));
}

function findScopes(rules: readonly CompiledRule[]): readonly string[] {
  const wanted = listRequirements(rules).flatMap(({ alternatives }) => alternatives.map(({ scopes }) => scopes));
  return [...new Set(wanted.flatMap(({ allOf, anyOf }) => [...allOf, ...anyOf]))].sort();
}
