import type { PolicyDocument, RequiredRoles } from "../../../schema/generated/policy-document.ts";
import { quoteText } from "../../core/text/printable.ts";
import { durationSeconds } from "../language/duration.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { listSettled } from "../requirements/list-settled.ts";
import type { PlacedSource, SettledAlternative } from "../requirements/settle-requirements.ts";
import { lintClaims, lintRegisteredClaims } from "./lint-claims.ts";
import { warn } from "./warn.ts";

/** Warns of requirements that no token can meet, and of alternatives without an effect. */
export function lintRequirements(document: PolicyDocument): readonly Finding[] {
  const rules = listSettled(document).filter(({ settled }) => settled.access !== "public");
  const findings = [
    ...rules.flatMap(({ settled }) =>
      settled.alternatives.flatMap((alternative) => lintAlternative(alternative, document)),
    ),
    ...rules.flatMap(({ own, inherited }) => [own, ...inherited].flatMap(lintAlternatives)),
    ...Object.entries(document.issuers).flatMap(([id, { required_claims: claims }]) =>
      Array.isArray(claims) ? [] : lintClaims(claims, ["issuers", id, "required_claims"]),
    ),
  ];
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}

function lintAlternatives({ source, path }: PlacedSource): Finding[] {
  const all = source.any_of ?? [];
  return all.flatMap((alternative, index) => {
    const { accept: _, audiences: __, ...requirements } = alternative;
    const place = [...path, "any_of", index];
    if (
      Object.keys(alternative).length === 0 ||
      (Object.keys(requirements).length === 0 &&
        all.every(
          ({ accept, audiences }) =>
            JSON.stringify([accept, audiences]) === JSON.stringify([alternative.accept, alternative.audiences]),
        ))
    ) {
      return warn(
        "alternative_always_met",
        place,
        "This alternative requires nothing, so every token meets it, and the other alternatives have no effect. Remove this alternative, or give it a requirement.",
      );
    }
    const isRepeated = all.findIndex((other) => JSON.stringify(other) === JSON.stringify(alternative)) < index;
    return isRepeated
      ? warn(
          "alternative_repeated",
          place,
          "An earlier alternative is equal to this one. Remove one of the two alternatives.",
        )
      : [];
  });
}

function lintAlternative({ keys, placeOf }: SettledAlternative, document: PolicyDocument): Finding[] {
  const names = (["required_scopes", "required_roles", "required_groups"] as const).flatMap((key) =>
    lintNames(keys[key], placeOf(key)),
  );
  const claims = keys.required_claims ?? {};
  const path = placeOf("required_claims");
  const age = keys.authentication?.max_age;
  return [
    ...names,
    ...(age !== undefined && durationSeconds(age) === 0
      ? warn(
          "duration_never",
          [...placeOf("authentication"), "max_age"],
          `With ${age}, a login is recent enough only within the clock skew. Write a longer duration.`,
        )
      : []),
    ...lintClaims(claims, path),
    ...lintRegisteredClaims(claims, path, keys, document),
  ];
}

function lintNames(source: RequiredRoles | undefined, path: DocumentPath): Finding[] {
  if (source === undefined || Array.isArray(source)) {
    return [];
  }
  const { all_of: all = [], any_of: any = [] } = source;
  const none: readonly string[] = source.none_of ?? [];
  const clash = all.find((name) => none.includes(name));
  if (clash !== undefined) {
    return warn(
      "condition_contradiction",
      [...path, "none_of"],
      `${quoteText(clash)} is also in "all_of", so no token passes. Remove this name from one of the two lists.`,
    );
  }
  return any.length > 0 && any.every((name) => none.includes(name))
    ? warn(
        "condition_contradiction",
        [...path, "none_of"],
        `All names of "any_of" are excluded here, so no token passes. Remove these names from one of the two lists.`,
      )
    : [];
}
