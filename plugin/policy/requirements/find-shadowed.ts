import type {
  Alternative,
  Authentication,
  Condition,
  PolicyDocument,
  RequiredClaims,
  RequiredRoles,
} from "../../../schema/generated/policy-document.ts";
import { durationSeconds } from "../language/duration.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { listSettled, type SettledRule } from "./list-settled.ts";
import {
  type PlacedSource,
  REQUIREMENT_KEYS,
  type RequirementSource,
  type SettledAlternative,
} from "./settle-requirements.ts";

const KEYS = [...REQUIREMENT_KEYS, "audiences"] as const;
type Key = (typeof KEYS)[number];

const MAX_SHOWN_LENGTH = 80;
const FIXES: Readonly<Record<Key, string>> = {
  required_scopes: "Repeat the requirement here if it must apply.",
  required_roles: "Repeat the requirement here if it must apply.",
  required_groups: "Repeat the requirement here if it must apply.",
  required_claims: `Repeat the condition here, or move it to "required_claims" of the issuer, which applies to every rule.`,
  authentication: "Repeat the requirement here if it must apply.",
  audiences: "If the inherited list must apply, leave this key out, or name only audiences from that list.",
};

/**
 * Warns of inherited conditions that have no effect: a nearer part of the document replaces such a condition and does
 * not repeat it. A rule can replace a condition of `defaults`. An operation or an alternative can replace a condition
 * of the rule or of `defaults`.
 *
 * @param document a policy document without mistakes.
 */
export function findShadowed(document: PolicyDocument): readonly Finding[] {
  const judging = listSettled(document).filter(({ settled }) => settled.access !== "public");
  const findings = judging.flatMap((rule) => [
    ...findReplacedAlternatives(rule),
    ...rule.settled.alternatives.flatMap((alternative) =>
      rule.inherited.flatMap((source) => KEYS.flatMap((key) => describeShadowed(key, alternative, source, document))),
    ),
  ]);
  // Several operations can inherit one value of their rule, so the linter reports equal findings once.
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}

/** A requirement of an operation replaces all alternatives of its rule. */
function findReplacedAlternatives({ own, inherited }: SettledRule): Finding[] {
  const replacing = REQUIREMENT_KEYS.find((key) => own.source[key] !== undefined);
  const replaced = inherited.find(({ source }) => source.any_of);
  return replacing && replaced
    ? [
        warn(
          [...own.path, replacing],
          `This replaces "any_of" of ${nameOf(replaced)}, so the alternatives do not apply here.`,
        ),
      ]
    : [];
}

function describeShadowed(
  key: Key,
  { keys, placeOf }: SettledAlternative,
  inherited: PlacedSource,
  document: PolicyDocument,
): Finding[] {
  const lost = findLost(key, keys, inherited.source, document);
  if (lost.length === 0) {
    return [];
  }
  const shown = lost.join(", ");
  const text = shown.length > MAX_SHOWN_LENGTH ? `${shown.slice(0, MAX_SHOWN_LENGTH - 1)}…` : shown;
  const cause = keys[key] === undefined ? `"any_of" replaces` : "This replaces";
  const what = `"${key}" of ${nameOf(inherited)}`;
  // An issuer's conditions cannot compare claims with the request.
  const fix = lost.some((each) => /"equals_(?:path|header)"/.test(each)) ? "Repeat the condition here." : FIXES[key];
  return [warn(placeOf(key), `${cause} ${what}, so this requirement does not apply here: ${text}. ${fix}`)];
}

function nameOf({ path }: PlacedSource): string {
  return path.length === 1 ? `"${path[0]}"` : `rule "${path[1]}"`;
}

function warn(path: DocumentPath, message: string): Finding {
  return { code: "condition_shadowed", severity: "warning", path, atKey: true, message };
}

/** Describes each inherited part that an alternative does not guarantee. */
function findLost(
  key: Key,
  keys: SettledAlternative["keys"],
  inherited: RequirementSource,
  document: PolicyDocument,
): readonly string[] {
  switch (key) {
    case "required_claims":
      return findLostClaims(inherited.required_claims ?? {}, keys, document);
    case "authentication":
      return findLostAuthentication(inherited.authentication ?? {}, keys.authentication ?? {});
    case "audiences":
      return findForeignAudiences(inherited.audiences, keys.audiences);
    default:
      return findLostNames(readNames(inherited[key]), readNames(keys[key]));
  }
}

function findLostClaims(
  wanted: RequiredClaims,
  { required_claims: own = {}, accept }: SettledAlternative["keys"],
  { issuers }: PolicyDocument,
): readonly string[] {
  const always = accept.map((id) => issuers[id]?.required_claims ?? []);
  return Object.entries(wanted).flatMap(([claim, condition]) => {
    const isCovered = (conditions: RequiredClaims): boolean =>
      Object.hasOwn(conditions, claim) && isAtLeast(conditions[claim] ?? {}, condition);
    const isAlwaysCovered = always.every((conditions) =>
      isCovered(Array.isArray(conditions) ? Object.fromEntries(conditions.map((name) => [name, {}])) : conditions),
    );
    return isCovered(own) || isAlwaysCovered ? [] : [`${JSON.stringify(claim)} ${JSON.stringify(condition)}`];
  });
}

/**
 * Whether a condition is at least as strict as the inherited condition. It must have each inherited test. It may accept
 * an absent claim only if the inherited condition accepts an absent claim.
 */
function isAtLeast({ absent, ...own }: Condition, { absent: wantedAbsent, ...wanted }: Condition): boolean {
  if (absent === true || wantedAbsent === true) {
    return absent === true && wantedAbsent !== undefined;
  }
  const tests = new Map(Object.entries(own).map(([test, value]) => [test, normalize(value)]));
  const isKept = Object.entries(wanted).every(([test, value]) => tests.get(test) === normalize(value));
  return isKept && (absent === undefined || wantedAbsent === "allowed");
}

/** Writes a value as text. If two lists have the same elements in different orders, they have the same text. */
function normalize(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    Array.isArray(part) ? part.map((item) => JSON.stringify(item)).sort() : part,
  );
}

interface Names {
  readonly all: readonly string[];
  readonly any: readonly string[];
  readonly none: readonly string[];
}

function readNames(source: RequiredRoles | undefined): Names {
  return Array.isArray(source)
    ? { all: source, any: [], none: [] }
    : { all: source?.all_of ?? [], any: source?.any_of ?? [], none: source?.none_of ?? [] };
}

function findLostNames(wanted: Names, own: Names): readonly string[] {
  const show = (what: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`${what} ${names.map((name) => JSON.stringify(name)).join(" ")}`];
  const isAnyLeft =
    own.all.some((name) => wanted.any.includes(name)) ||
    (own.any.length > 0 && own.any.every((name) => wanted.any.includes(name)));
  return [
    ...show(
      "all of",
      wanted.all.filter((name) => !own.all.includes(name)),
    ),
    ...(isAnyLeft ? [] : show("any of", wanted.any)),
    ...show(
      "none of",
      wanted.none.filter((name) => !own.none.includes(name)),
    ),
  ];
}

function findLostAuthentication(wanted: Authentication, own: Authentication): readonly string[] {
  const { acr_values: acr = [], amr = [], max_age: age } = wanted;
  const isAcrKept = acr.length === 0 || (own.acr_values?.every((value) => acr.includes(value)) ?? false);
  const isAgeKept =
    age === undefined || (own.max_age !== undefined && durationSeconds(own.max_age) <= durationSeconds(age));
  return [
    ...(isAcrKept ? [] : [`acr_values ${acr.map((value) => JSON.stringify(value)).join(" ")}`]),
    ...amr.filter((method) => !own.amr?.includes(method)).map((method) => `amr ${JSON.stringify(method)}`),
    ...(isAgeKept ? [] : [`max_age ${age}`]),
  ];
}

/**
 * A token passes with any listed audience. So if the rule accepts an audience that is not in the inherited list, the
 * rule drops the inherited list.
 */
function findForeignAudiences(wanted: Alternative["audiences"], own: Alternative["audiences"]): readonly string[] {
  const foreign = wanted ? (own ?? []).filter((audience) => !wanted.includes(audience)) : [];
  return foreign.length === 0 ? [] : [`aud is one of ${(wanted ?? []).map((name) => JSON.stringify(name)).join(" ")}`];
}
