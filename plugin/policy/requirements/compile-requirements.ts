import type {
  Alternative as AlternativeSource,
  RequiredRoles as MembershipSource,
  PolicyDocument,
  RequiredClaims,
} from "../../../schema/generated/policy-document.ts";
import type {
  Alternative,
  AuthenticationRequirement,
  Condition,
  Membership,
  Requirements,
} from "../../core/model/policy.ts";
import { durationSeconds } from "../language/duration.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { headerSpellings } from "../language/header-spellings.ts";
import { type CaptureIndexes, captureIndexes } from "../language/path-template.ts";
import { compileConditions } from "./compile-conditions.ts";
import { listOwnHeaders } from "./compile-identity.ts";
import { type PlacedSource, type SettledAlternative, settleRequirements } from "./settle-requirements.ts";

const NO_NAMES: readonly string[] = [];
const NOTHING: Membership = { allOf: NO_NAMES, anyOf: NO_NAMES, noneOf: NO_NAMES };
const NO_HEADERS: Requirements["comparedHeaders"] = [];
const NO_CAPTURES: CaptureIndexes = new Map();
const NO_CONDITIONS: ReturnType<typeof compileConditions> = { conditions: [], findings: [] };

/**
 * Compiles the requirements of one rule or operation.
 *
 * @param sources the parts of the document with requirements. The order is: the operation (if any), the rule, the
 * defaults.
 * @param template the operation's path template; undefined for a rule.
 */
export function compileRequirements(
  sources: readonly PlacedSource[],
  document: PolicyDocument,
  template?: string,
): { readonly requirements: Requirements; readonly findings: readonly Finding[] } {
  const settled = settleRequirements(sources, document);
  const compiled = settled.alternatives.map((alternative) => compileAlternative(alternative, template, document));
  const alternatives = compiled.map(({ alternative }) => alternative);
  return {
    requirements: {
      access: settled.access,
      mode: settled.mode,
      allowsHttp: settled.allow_http,
      otherAuthentication: settled.other_authentication,
      passesPreflight: settled.cors_preflight === "pass",
      comparedHeaders: findComparedHeaders(alternatives),
      accept: mergeAccepted(alternatives),
      alternatives,
    },
    findings: compiled.flatMap(({ findings }) => findings),
  };
}

function compileAlternative(
  { keys, placeOf }: SettledAlternative,
  template: string | undefined,
  document: PolicyDocument,
): { readonly alternative: Alternative; readonly findings: readonly Finding[] } {
  const { conditions, findings } = keys.required_claims
    ? compileClaims(keys.required_claims, placeOf("required_claims"), template, document)
    : NO_CONDITIONS;
  const alternative: Alternative = {
    accept: toSet(keys.accept),
    audiences: keys.audiences && toSet(keys.audiences),
    scopes: compileMembership(keys.required_scopes),
    roles: compileMembership(keys.required_roles),
    groups: compileMembership(keys.required_groups),
    conditions,
    authentication: compileAuthentication(keys.authentication),
  };
  return { alternative, findings };
}

// Thousands of rules can inherit the same conditions. If the rules did not share the compiled conditions, a small
// document would become a policy of many megabytes.
const conditionsOf = new WeakMap<RequiredClaims, readonly Condition[]>();

function compileClaims(
  source: RequiredClaims,
  path: DocumentPath,
  template: string | undefined,
  document: PolicyDocument,
): ReturnType<typeof compileConditions> {
  const known = conditionsOf.get(source);
  if (known) {
    return { conditions: known, findings: [] };
  }
  const captures = template === undefined ? NO_CAPTURES : captureIndexes(template);
  const compiled = compileConditions(source, path, { captures, ownHeaders: listOwnHeaders(document) });
  const dependsOnPath = Object.values(source).some(({ equals_path }) => equals_path !== undefined);
  if (compiled.findings.length === 0 && !dependsOnPath) {
    conditionsOf.set(source, compiled.conditions);
  }
  return compiled;
}

// Thousands of rules can inherit the same list. If several rules have equal lists, they share one set for each list, so
// that large policies use little memory.
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

function toSet(list: readonly string[]): ReadonlySet<string> {
  const set = sets.get(list) ?? new Set(list);
  sets.set(list, set);
  return set;
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
    ? { allOf: source, anyOf: NO_NAMES, noneOf: NO_NAMES }
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
