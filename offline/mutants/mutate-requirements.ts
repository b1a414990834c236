import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import { durationSeconds } from "../../plugin/policy/language/duration.ts";
import type { DocumentPath } from "../../plugin/policy/language/finding.ts";
import { WRONG } from "../tokens/tamper.ts";
import { entriesOf, isList, isMap, type PlainMap } from "./edit.ts";
import { type Mutant, type MutationWorld, mutate, setKey } from "./mutant.ts";

const NAMES = [
  ["required_scopes", "scope"],
  ["required_roles", "role"],
  ["required_groups", "group"],
] as const;
const DURATION = /^(?:0|[1-9][0-9]{0,8})[smhd]$/;

/** Lists mutants of the requirements in the defaults, a rule, an operation or an alternative. */
export function mutateRequirements(source: PlainMap, path: DocumentPath, world: MutationWorld): readonly Mutant[] {
  return [
    ...NAMES.flatMap(([key, what]) => mutateNames(source[key], [...path, key], what)),
    ...mutateConditions(source.required_claims, [...path, "required_claims"]),
    ...mutateAuthentication(source.authentication, [...path, "authentication"]),
    ...mutateAudiences(source.audiences, [...path, "audiences"], world),
    ...mutateAccept(source.accept, [...path, "accept"], world),
    ...mutateAlternatives(source.any_of, [...path, "any_of"], world),
  ];
}

function mutateNames(value: unknown, path: DocumentPath, what: string): readonly Mutant[] {
  if (isList(value)) {
    return [...dropEach(`drop_${what}`, value, path, `${what} % is not required`), ...toAnyOf(value, path, what)];
  }
  const { all_of: all = [], any_of: any, none_of: none = [] } = isMap(value) ? value : {};
  return [
    ...(isList(all) ? dropMember(`drop_${what}`, all, path, "all_of", `${what} % is not required`) : []),
    ...(isList(all) && any === undefined ? toAnyOf(all, [...path, "all_of"], what, path) : []),
    ...(any === undefined
      ? []
      : [mutate(`drop_any_${what}`, path, `no ${what} of any_of is required`, (map) => without(map, "any_of"))]),
    ...(isList(none) ? dropMember(`drop_excluded_${what}`, none, path, "none_of", `${what} % is not excluded`) : []),
  ];
}

/** For each element of a list, creates a mutant that lacks this element. In `change`, the element replaces `%`. */
export function dropEach(
  kind: string,
  list: readonly unknown[],
  path: DocumentPath,
  change: string,
): readonly Mutant[] {
  return list.map((element, index) =>
    mutate(kind, path, change.replace("%", String(element)), () => list.toSpliced(index, 1)),
  );
}

/**
 * For each element of a list in a map, creates a mutant that lacks this element. If the list would be empty, the mutant
 * lacks the list.
 */
function dropMember(
  kind: string,
  list: readonly unknown[],
  path: DocumentPath,
  key: string,
  change: string,
): readonly Mutant[] {
  return list.map((element, index) =>
    mutate(kind, path, change.replace("%", String(element)), (map) =>
      list.length === 1 ? without(map, key) : { ...(map as PlainMap), [key]: list.toSpliced(index, 1) },
    ),
  );
}

/** Returns a map without a key. If the map would be empty, returns an empty list, which requires nothing. */
function without(map: unknown, key: string): unknown {
  const { [key]: _, ...others } = map as PlainMap;
  return Object.keys(others).length === 0 ? [] : others;
}

function toAnyOf(list: readonly unknown[], path: DocumentPath, what: string, owner = path): readonly Mutant[] {
  return list.length < 2
    ? []
    : [
        mutate(`all_to_any_${what}`, owner, `one of the ${what}s is enough`, (value) =>
          isMap(value) ? { ...omit(value, "all_of"), any_of: list } : { any_of: list },
        ),
      ];
}

function omit(map: PlainMap, key: string): PlainMap {
  return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));
}

/** Lists mutants of conditions. `value` is a list of claims, or conditions by claim. */
export function mutateConditions(value: unknown, path: DocumentPath): readonly Mutant[] {
  if (isList(value)) {
    return dropEach("drop_claim", value, path, "claim % is not required");
  }
  return entriesOf(value).flatMap(([claim, condition]): readonly Mutant[] => {
    const place = [...path, claim];
    const tests = entriesOf(condition).filter(([key]) => key !== "absent");
    return [
      mutate("drop_condition", place, `claim ${claim} is not checked`, () => undefined),
      ...(tests.length === 0 ? [] : tests.flatMap(([key, test]) => mutateTest(claim, key, test, place))),
      ...(isMap(condition) && condition.absent === undefined && tests.length > 0
        ? [setKey("accept_absence", place, "absent", "allowed", `claim ${claim} may be absent`)]
        : []),
    ];
  });
}

function mutateTest(claim: string, key: string, test: unknown, path: DocumentPath): readonly Mutant[] {
  const place = [...path, key];
  const dropped = mutate("drop_test", place, `claim ${claim} need not meet ${key}`, () => undefined);
  switch (key) {
    case "min":
      return [
        dropped,
        mutate("lower_min", place, `claim ${claim} may be one less than the minimum`, () => Number(test) - 1),
      ];
    case "max":
      return [
        dropped,
        mutate("raise_max", place, `claim ${claim} may be one more than the maximum`, () => Number(test) + 1),
      ];
    case "contains_all":
      return [
        dropped,
        mutate("all_to_any_value", path, `claim ${claim} needs only one of the values`, (condition) => ({
          ...omit(condition as PlainMap, key),
          contains_any: test,
        })),
      ];
    default:
      return [dropped];
  }
}

function mutateAuthentication(value: unknown, path: DocumentPath): readonly Mutant[] {
  if (!isMap(value)) {
    return [];
  }
  const { acr_values: acr, amr, max_age: age } = value;
  const dropKey = (kind: string, key: string, change: string): Mutant =>
    mutate(kind, path, change, (map) => {
      const others = omit(map as PlainMap, key);
      return Object.keys(others).length === 0 ? undefined : others;
    });
  return [
    ...(acr === undefined ? [] : [dropKey("drop_acr", "acr_values", "acr is not checked")]),
    ...(isList(amr) && amr.length > 1 ? dropEach("drop_amr", amr, [...path, "amr"], "amr % is not required") : []),
    ...(amr === undefined ? [] : [dropKey("drop_amr", "amr", "amr is not checked")]),
    ...(age === undefined ? [] : [dropKey("drop_max_age", "max_age", "the login may have any age")]),
    ...doubleDuration("double_max_age", value, "max_age", path),
  ];
}

/** Creates a mutant that doubles a duration. */
export function doubleDuration(kind: string, owner: PlainMap, key: string, path: DocumentPath): readonly Mutant[] {
  const value = owner[key];
  return typeof value === "string" && DURATION.test(value) && durationSeconds(value) > 0
    ? [setKey(kind, path, key, `${2 * durationSeconds(value)}s`, `${key} is twice as long`)]
    : [];
}

/** Lists mutants of a list of audiences. One mutant adds all audiences of the tests' tokens to the list. */
export function mutateAudiences(value: unknown, path: DocumentPath, { audiences }: MutationWorld): readonly Mutant[] {
  if (!isList(value)) {
    return [];
  }
  const wider = [...new Set([...value, WRONG.audience, ...audiences])];
  return [
    mutate("widen_audience", path, "other audiences are accepted", () => wider),
    ...(value.length < 2 ? [] : dropEach("drop_audience", value, path, "audience % is not accepted")),
  ];
}

function mutateAccept(value: unknown, path: DocumentPath, { policy }: MutationWorld): readonly Mutant[] {
  const ids = listIssuers(policy).map(({ id }) => id);
  if (!isList(value)) {
    return [];
  }
  const others = ids.filter((id) => !value.includes(id));
  return [
    ...others.map((id) => mutate("accept_issuer", path, `tokens of ${id} are accepted`, () => [...value, id])),
    ...(value.length < 2 ? [] : dropEach("drop_issuer", value, path, "tokens of % are not accepted")),
  ];
}

function mutateAlternatives(value: unknown, path: DocumentPath, world: MutationWorld): readonly Mutant[] {
  if (!isList(value)) {
    return [];
  }
  return [
    mutate("empty_alternative", path, "a new alternative requires nothing", () => [...value, {}]),
    ...value.map((_, index) => {
      const left = value.toSpliced(index, 1);
      return mutate("drop_alternative", path, `alternative ${index + 1} is removed`, () =>
        left.length === 1 ? [left[0], left[0]] : left,
      );
    }),
    ...value.flatMap((alternative, index) =>
      isMap(alternative) ? mutateRequirements(alternative, [...path, index], world) : [],
    ),
  ];
}
