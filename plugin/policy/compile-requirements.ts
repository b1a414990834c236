import type {
  Alternative as AlternativeSource,
  RequiredRoles as MembershipSource,
  PolicyDocument,
  Rule,
} from "../../schema/generated/policy-document.ts";
import type { Alternative, AuthenticationRequirement, Membership, Requirements } from "../core/policy.ts";
import { compileConditions } from "./compile-conditions.ts";
import { listOwnHeaders } from "./compile-identity.ts";
import { durationSeconds } from "./duration.ts";
import { headerSpellings } from "./header-spellings.ts";
import type { DocumentPath, Finding } from "./issue.ts";

/** What an operation, a rule or the defaults say of who may pass. */
export type RequirementSource = Pick<
  Rule,
  "access" | "mode" | "allow_http" | "cors_preflight" | "other_authentication" | "any_of"
> &
  AlternativeSource;

/** One such part of the document, and where it stands. */
export interface PlacedSource {
  readonly source: RequirementSource;
  readonly path: DocumentPath;
}

/** The keys that say what a token must have. */
export const REQUIREMENT_KEYS = [
  "required_scopes",
  "required_roles",
  "required_groups",
  "required_claims",
  "authentication",
] as const;
const NO_NAMES: readonly string[] = [];
const NOTHING: Membership = { allOf: NO_NAMES, anyOf: NO_NAMES, noneOf: NO_NAMES };
const NO_HEADERS: Requirements["comparedHeaders"] = [];

/**
 * What holds for one rule or operation. The nearest source that names a key wins as a whole: operation, rule, defaults, built in.
 * Alternatives stand in place of all other requirements: whichever of the two is nearer.
 *
 * @param sources nearest first; the last are the defaults.
 * @param captures index of the path's segment for each name of the operation's template.
 */
export function compileRequirements(
  sources: readonly PlacedSource[],
  document: PolicyDocument,
  captures: ReadonlyMap<string, number>,
): { readonly requirements: Requirements; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const request = { captures, ownHeaders: listOwnHeaders(document) };
  const nearest = <K extends keyof RequirementSource>(key: K) =>
    sources.find(({ source }) => source[key] !== undefined);
  const accept = nearest("accept")?.source.accept ?? listIssuerIds(document);
  const audiences = nearest("audiences")?.source.audiences;
  const compile = (
    keys: AlternativeSource,
    placeOf: (key: (typeof REQUIREMENT_KEYS)[number]) => DocumentPath,
  ): Alternative => {
    const compiled = compileConditions(keys.required_claims ?? {}, placeOf("required_claims"), request);
    findings.push(...compiled.findings);
    const own = keys.audiences ?? audiences;
    return {
      accept: toSet(keys.accept ?? accept),
      audiences: own && toSet(own),
      scopes: compileMembership(keys.required_scopes),
      roles: compileMembership(keys.required_roles),
      groups: compileMembership(keys.required_groups),
      conditions: compiled.conditions,
      authentication: compileAuthentication(keys.authentication),
    };
  };

  const alternatives = nearest("any_of");
  const deciding = sources.find(
    ({ source }) => source.any_of || REQUIREMENT_KEYS.some((key) => source[key] !== undefined),
  );
  const compiled =
    alternatives?.source.any_of && deciding === alternatives
      ? alternatives.source.any_of.map((alternative, index) =>
          compile(alternative, (key) => [...alternatives.path, "any_of", index, key]),
        )
      : [
          compile(Object.fromEntries(REQUIREMENT_KEYS.map((key) => [key, nearest(key)?.source[key]])), (key) => [
            ...(nearest(key)?.path ?? []),
            key,
          ]),
        ];
  return {
    requirements: {
      access: nearest("access")?.source.access ?? "required",
      mode: nearest("mode")?.source.mode ?? "enforce",
      allowsHttp: nearest("allow_http")?.source.allow_http ?? false,
      otherAuthentication: nearest("other_authentication")?.source.other_authentication ?? "ignore",
      passesPreflight: nearest("cors_preflight")?.source.cors_preflight === "pass",
      comparedHeaders: findComparedHeaders(compiled),
      accept: mergeAccepted(compiled),
      alternatives: compiled,
    },
    findings,
  };
}

// Thousands of rules inherit the same lists. Sharing one set for each list keeps large policies small.
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();
const issuerIds = new WeakMap<PolicyDocument, readonly string[]>();

function toSet(list: readonly string[]): ReadonlySet<string> {
  const set = sets.get(list) ?? new Set(list);
  sets.set(list, set);
  return set;
}

function listIssuerIds(document: PolicyDocument): readonly string[] {
  const ids = issuerIds.get(document) ?? Object.keys(document.issuers);
  issuerIds.set(document, ids);
  return ids;
}

function mergeAccepted(alternatives: readonly Alternative[]): ReadonlySet<string> {
  const [first, ...others] = alternatives;
  return first && others.length === 0
    ? first.accept
    : new Set(alternatives.flatMap((alternative) => [...alternative.accept]));
}

function findComparedHeaders(alternatives: readonly Alternative[]): Requirements["comparedHeaders"] {
  const tests = alternatives.flatMap(({ conditions }) => conditions.flatMap((condition) => condition.tests));
  const names = new Set(tests.flatMap((test) => (test.is === "equals_header" ? [test.header] : [])));
  return names.size === 0 ? NO_HEADERS : [...names].map((name) => ({ name, spellings: headerSpellings(name) }));
}

function compileMembership(source: MembershipSource | undefined): Membership {
  if (source === undefined) {
    return NOTHING;
  }
  return Array.isArray(source)
    ? { ...NOTHING, allOf: source }
    : { allOf: source.all_of ?? NO_NAMES, anyOf: source.any_of ?? NO_NAMES, noneOf: source.none_of ?? NO_NAMES };
}

function compileAuthentication(source: AlternativeSource["authentication"]): AuthenticationRequirement | undefined {
  return (
    source && {
      acrValues: source.acr_values ?? [],
      amr: source.amr ?? [],
      maxAgeSeconds: source.max_age === undefined ? undefined : durationSeconds(source.max_age),
    }
  );
}
