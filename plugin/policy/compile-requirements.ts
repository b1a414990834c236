import type {
  Alternative as AlternativeSource,
  Condition as ConditionSource,
  RequiredRoles as MembershipSource,
  PolicyDocument,
  Rule,
} from "../../schema/generated/policy-document.ts";
import { parseClaimReference } from "../core/claim-reference.ts";
import type {
  Alternative,
  AuthenticationRequirement,
  ClaimTest,
  Condition,
  Membership,
  Requirements,
  Scalar,
} from "../core/policy.ts";
import { compileClaimPattern } from "./claim-pattern.ts";
import { durationSeconds } from "./duration.ts";
import type { DocumentPath, Finding } from "./issue.ts";

/** What an operation, a rule or the defaults say of who may pass. */
export type RequirementSource = Pick<Rule, "access" | "any_of"> & AlternativeSource;

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
const NOTHING: Membership = { allOf: [], anyOf: [], noneOf: [] };

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
  const nearest = <K extends keyof RequirementSource>(key: K) =>
    sources.find(({ source }) => source[key] !== undefined);
  const accept = nearest("accept")?.source.accept ?? Object.keys(document.issuers);
  const audiences = nearest("audiences")?.source.audiences;
  const compile = (
    keys: AlternativeSource,
    placeOf: (key: (typeof REQUIREMENT_KEYS)[number]) => DocumentPath,
  ): Alternative => {
    const compiled = compileConditions(keys.required_claims ?? {}, placeOf("required_claims"), captures);
    findings.push(...compiled.findings);
    const own = keys.audiences ?? audiences;
    return {
      accept: new Set(keys.accept ?? accept),
      audiences: own && new Set(own),
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
      accept: new Set(compiled.flatMap((alternative) => [...alternative.accept])),
      alternatives: compiled,
    },
    findings,
  };
}

function compileMembership(source: MembershipSource | undefined): Membership {
  if (source === undefined) {
    return NOTHING;
  }
  return Array.isArray(source)
    ? { ...NOTHING, allOf: source }
    : { allOf: source.all_of ?? [], anyOf: source.any_of ?? [], noneOf: source.none_of ?? [] };
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

function compileConditions(
  sources: Readonly<Record<string, ConditionSource>>,
  path: DocumentPath,
  captures: ReadonlyMap<string, number>,
): { readonly conditions: readonly Condition[]; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const conditions = Object.entries(sources).map(([claim, source]) => {
    const refuse = (key: keyof ConditionSource, message: string): ClaimTest[] => {
      findings.push({ code: "condition_invalid", path: [...path, claim, key], message });
      return [];
    };
    return { claim: parseClaimReference(claim), tests: compileTests(source, captures, refuse) };
  });
  return { conditions, findings };
}

type Refuse = (key: keyof ConditionSource, message: string) => ClaimTest[];

function compileTests(source: ConditionSource, captures: ReadonlyMap<string, number>, refuse: Refuse): ClaimTest[] {
  const { equals, one_of, contains_any, contains_all, min, max } = source;
  if (min !== undefined && max !== undefined && min > max) {
    refuse("min", `No number is ${min} or more and ${max} or less.`);
  }
  return [
    ...(equals === undefined ? [] : [{ is: "equals" as const, value: equals }]),
    ...compileValues("one_of", one_of),
    ...compileValues("contains_any", contains_any),
    ...compileValues("contains_all", contains_all),
    ...compilePattern(source, refuse),
    ...compileBound("min", min),
    ...compileBound("max", max),
    ...compileCapture(source, captures, refuse),
  ];
}

function compileValues(
  is: "one_of" | "contains_any" | "contains_all",
  values: readonly Scalar[] | undefined,
): ClaimTest[] {
  return values ? [{ is, values: new Set(values) }] : [];
}

function compileBound(is: "min" | "max", bound: number | undefined): ClaimTest[] {
  return bound === undefined ? [] : [{ is, bound }];
}

function compilePattern({ matches }: ConditionSource, refuse: Refuse): ClaimTest[] {
  if (matches === undefined) {
    return [];
  }
  const compiled = compileClaimPattern(matches);
  return "problem" in compiled ? refuse("matches", compiled.problem) : [{ is: "matches", ...compiled }];
}

function compileCapture(
  { equals_path: name }: ConditionSource,
  captures: ReadonlyMap<string, number>,
  refuse: Refuse,
): ClaimTest[] {
  if (name === undefined) {
    return [];
  }
  const segment = captures.get(name);
  const known = [...captures.keys()].join(", ");
  const hint = known === "" ? "It needs operations whose paths have names in braces." : `Known here: ${known}.`;
  return segment === undefined
    ? refuse("equals_path", `No segment of the path is called "${name}". ${hint}`)
    : [{ is: "equals_path", segment }];
}
