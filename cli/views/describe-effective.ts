import { tenantClaimOf } from "../../plugin/policy/issuers/tenant-sources.ts";
import { listSettled, type SettledRule } from "../../plugin/policy/requirements/list-settled.ts";
import type { SettledAlternative, SettledRequirements } from "../../plugin/policy/requirements/settle-requirements.ts";
import type { Issuer, PolicyDocument } from "../../schema/generated/policy-document.ts";

type PlainMap = Readonly<Record<string, unknown>>;

/** The built-in values of some keys of a rule. The result omits keys that have their built-in values. */
const BUILT_IN = { allow_http: false, other_authentication: "ignore", cors_preflight: "judge" } as const;

/**
 * Describes the effective form of each rule, with the field names of a policy. A rule inherits the values of `defaults` and of
 * its issuers, except the values that the rule itself sets. The description of a rule also contains the conditions of the rule's
 * issuers.
 *
 * @param document a policy without mistakes.
 */
export function describeEffective(document: PolicyDocument): PlainMap {
  const routes = new Map<string, PlainMap>();
  for (const { rule, operation, settled } of listSettled(document)) {
    const requirements = describeRequirements(settled, document);
    routes.set(rule, operation ? addOperation(routes.get(rule), operation, requirements) : requirements);
  }
  const issuers = Object.entries(document.issuers).map(([id, issuer]) => [id, describeIssuer(issuer)]);
  const { header_mappings: mappings, identity } = document;
  return {
    policy: document.name,
    issuers: Object.fromEntries(issuers),
    routes: Object.fromEntries(routes),
    ...(Object.keys(mappings).length > 0 && { header_mappings: mappings }),
    ...(identity && { identity }),
  };
}

/** Describes how the plugin reads the issuer's tokens. */
function describeIssuer(source: Issuer): PlainMap {
  const { issuer, token_type, tenants } = source;
  const { tenant: _, ...claims } = source.claims;
  const tenant = tenants && tenantClaimOf(source);
  return { issuer, token_type, claims: { ...claims, ...(tenant !== undefined && { tenant }) } };
}

function addOperation(
  rule: PlainMap | undefined,
  { methods, path }: NonNullable<SettledRule["operation"]>,
  requirements: PlainMap,
): PlainMap {
  const known = Array.isArray(rule?.operations) ? rule.operations : [];
  return { operations: [...known, { methods, path, ...requirements }] };
}

function describeRequirements(settled: SettledRequirements, document: PolicyDocument): PlainMap {
  const { access, mode, alternatives } = settled;
  const special = (["allow_http", "other_authentication", "cors_preflight"] as const).filter(
    (key) => settled[key] !== BUILT_IN[key],
  );
  const head = { access, mode, ...Object.fromEntries(special.map((key) => [key, settled[key]])) };
  if (access === "public") {
    return { access, mode };
  }
  const [first, ...others] = alternatives.map((alternative) => describeAlternative(alternative, document));
  return others.length === 0 ? { ...head, ...first } : { ...head, any_of: [first, ...others] };
}

function describeAlternative({ keys }: SettledAlternative, { issuers }: PolicyDocument): PlainMap {
  const { accept, audiences, ...requirements } = keys;
  const accepted = accept.flatMap((id) => (issuers[id] ? [[id, issuers[id]] as const] : []));
  const ofIssuers = accepted.map(([id, issuer]) => [id, issuer.audiences] as const);
  const conditions = accepted.flatMap(([id, { required_claims: claims }]) =>
    Object.keys(claims).length === 0 ? [] : [[id, claims] as const],
  );
  return {
    accept,
    audiences: audiences ?? (ofIssuers.length === 1 ? ofIssuers[0]?.[1] : Object.fromEntries(ofIssuers)),
    ...(conditions.length > 0 && { required_claims_of_issuer: Object.fromEntries(conditions) }),
    ...requirements,
  };
}
