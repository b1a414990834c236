import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { DocumentPath } from "../../plugin/policy/language/finding.ts";
import { entriesOf, isList, isMap, type PlainMap } from "./edit.ts";
import { type Mutant, type MutationWorld, mutate, setKey } from "./mutant.ts";
import { doubleDuration, mutateAudiences, mutateConditions } from "./mutate-requirements.ts";

const ALGORITHMS = [
  "RS256",
  "PS256",
  "ES256",
  "EdDSA",
  "Ed25519",
  "RS384",
  "RS512",
  "PS384",
  "PS512",
  "ES384",
  "ES512",
];
const DEFAULT_SKEW = "30s";

/** Lists mutants of all issuers. */
export function mutateIssuers(data: PlainMap, world: MutationWorld): readonly Mutant[] {
  return entriesOf(data.issuers).flatMap(([id, issuer]) =>
    isMap(issuer) ? mutateIssuer(issuer, ["issuers", id], world) : [],
  );
}

function mutateIssuer(issuer: PlainMap, path: DocumentPath, world: MutationWorld): readonly Mutant[] {
  const { token_type: type, max_token_age: age, max_token_lifetime: life, bound_tokens: bound } = issuer;
  const limits = [
    ["max_token_age", age, "tokens may have any age"],
    ["max_token_lifetime", life, "tokens may have any lifetime"],
  ] as const;
  return [
    ...mutateAudiences(issuer.audiences, [...path, "audiences"], world),
    ...mutateAlgorithms(issuer, path, world),
    ...doubleSkew(issuer, path),
    ...(String(type).toLowerCase() === "any"
      ? []
      : [setKey("any_token_type", path, "token_type", "any", "tokens of every type are accepted")]),
    ...limits.flatMap(([key, value, change]) =>
      value === undefined
        ? []
        : [setKey(`drop_${key}`, path, key, undefined, change), ...doubleDuration(`double_${key}`, issuer, key, path)],
    ),
    ...(bound === "accept"
      ? []
      : [setKey("accept_bound_tokens", path, "bound_tokens", "accept", "tokens that are bound to a key are accepted")]),
    ...mutateConditions(issuer.required_claims, [...path, "required_claims"]),
    ...mutateTenants(issuer.tenants, [...path, "tenants"]),
  ];
}

/** Creates a mutant that accepts all algorithms. So a test with any wrong algorithm notices the mutant. */
function mutateAlgorithms(issuer: PlainMap, path: DocumentPath, { policy }: MutationWorld): readonly Mutant[] {
  const compiled = listIssuers(policy).find(({ id }) => id === path[1]);
  const known = isList(issuer.algorithms) ? issuer.algorithms.map(String) : [...(compiled?.algorithms ?? [])];
  const all = [...new Set([...known, ...ALGORITHMS])];
  return all.length === known.length
    ? []
    : [setKey("add_algorithms", path, "algorithms", all, "other algorithms are accepted")];
}

function doubleSkew(issuer: PlainMap, path: DocumentPath): readonly Mutant[] {
  return doubleDuration("double_skew", { clock_skew: DEFAULT_SKEW, ...issuer }, "clock_skew", path);
}

function mutateTenants(tenants: unknown, path: DocumentPath): readonly Mutant[] {
  if (!isList(tenants) || tenants.includes("*")) {
    return [];
  }
  return [
    mutate("any_tenant", path, "tokens of every tenant are accepted", () => ["*"]),
    ...(tenants.length < 2
      ? []
      : tenants.map((tenant, index) =>
          mutate("drop_tenant", path, `tenant ${String(tenant)} is not accepted`, () => tenants.toSpliced(index, 1)),
        )),
  ];
}
