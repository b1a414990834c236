import type { ClaimReference } from "../../plugin/core/model/claim-reference.ts";
import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type {
  CompiledIssuer,
  CompiledPolicy,
  Condition,
  Membership,
  PlainTest,
} from "../../plugin/core/model/policy.ts";
import { listOperations } from "../../plugin/policy/satisfy/list-operations.ts";
import type { Members, TokenRecipe } from "../tokens/recipe.ts";
import { TAMPERINGS } from "../tokens/tamper.ts";
import { setClaim } from "../tokens/write-draft.ts";
import type { ProbeWorld } from "./probe.ts";

/** Tamperings whose result depends on the policy. Every policy refuses tokens with any other tampering. */
const TELLING = [
  "wrong_audience",
  "wrong_type",
  "other_algorithm",
  "wrong_tenant",
  "bound_to_key",
  "too_large",
  "wrong_issuer",
  "no_type",
];
/** A value that no policy is likely to name. */
const OTHER = "something-else";

/**
 * Lists tokens that differ in one respect from a token that a rule accepts. One of the tokens may miss only one
 * requirement.
 */
export function varyToken(
  token: TokenRecipe,
  policies: readonly CompiledPolicy[],
  rule: string,
  { consumers }: ProbeWorld,
): readonly TokenRecipe[] {
  const issuers = policies.flatMap((policy) => listIssuers(policy)).filter(({ id }) => isIssuer(token, id));
  const [issuer] = issuers;
  if (!issuer) {
    return [];
  }
  const withClaims = (claims: Members): TokenRecipe => ({ ...token, claims: { ...token.claims, ...claims } });
  const mapped = mapMissing(token, policies, consumers[0]?.username ?? OTHER);
  return [
    // Wrong values come before absent claims. If the plugin refuses a token without the claim, this does not show that
    // the condition checks the value.
    ...wrongValues(policies, rule, issuers).map((set) => {
      const claims = structuredClone({ ...token.claims });
      set(claims);
      return { ...token, claims };
    }),
    ...removeParts(token.claims).map((claims) => ({ ...token, claims })),
    ...listPresent(issuers, policies, rule).flatMap((condition) => removeClaim(token, condition)),
    ...TELLING.filter((name) => TAMPERINGS[name]?.refuse?.(issuer) === undefined).map((name) => ({
      ...token,
      tamper: [name],
    })),
    ...issuers.flatMap((one) => listTimes(one)).map(withClaims),
    ...listLogins(policies, rule, issuers).map(withClaims),
    ...listAddressees(policies, rule, issuers).map((set) => {
      const claims = { ...token.claims };
      set(claims);
      return { ...token, claims };
    }),
    ...(mapped ? [mapped, { ...mapped, claims: token.claims }] : []),
    ...otherIssuers(token, policies),
  ];
}

function isIssuer(token: TokenRecipe, id: string): boolean {
  return token.issuer === undefined || token.issuer === id;
}

/** Lists copies of the claims, each without one part. A part is a claim, a member of a list, or a word of a string. */
function removeParts(claims: Members): readonly Members[] {
  return Object.entries(claims).flatMap(([name, value]): Members[] => {
    const { [name]: _, ...others } = claims;
    return [others, ...removeMembers(value).map((less) => ({ ...others, [name]: less }))];
  });
}

function removeMembers(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) {
    return value.flatMap((_, index) => [value.toSpliced(index, 1), [value[index]]]);
  }
  if (typeof value === "string") {
    const words = value.split(" ");
    return words.length < 2 ? [] : words.flatMap((word, index) => [words.toSpliced(index, 1).join(" "), word]);
  }
  return typeof value === "object" && value !== null ? removeParts(value as Members) : [];
}

interface ClaimHolder {
  readonly conditions: readonly Condition[];
}

/** Lists the issuers and alternatives, because issuers and alternatives can require claims. */
function listHolders(
  policies: readonly CompiledPolicy[],
  rule: string,
  issuers: readonly CompiledIssuer[],
): readonly ClaimHolder[] {
  return [...issuers, ...listAlternatives(policies, rule)];
}

function listAlternatives(policies: readonly CompiledPolicy[], rule: string) {
  return policies
    .flatMap((policy) => policy.rules.get(rule) ?? [])
    .flatMap((compiled) => listOperations(compiled))
    .flatMap(({ requirements }) => requirements.alternatives);
}

function listPresent(
  issuers: readonly CompiledIssuer[],
  policies: readonly CompiledPolicy[],
  rule: string,
): readonly Condition[] {
  return listHolders(policies, rule, issuers).flatMap(({ conditions }) => conditions);
}

/** Removes a claim from a token. `without` also removes a claim that every recipe has by default. */
function removeClaim(token: TokenRecipe, { claim }: Condition): readonly TokenRecipe[] {
  const [name = "", ...inner] = claim.path;
  return inner.length === 0 ? [{ ...token, claims: omit(token.claims, name), without: [name] }] : [];
}

function omit({ ...members }: Members, name: string): Members {
  return Object.fromEntries(Object.entries(members).filter(([key]) => key !== name));
}

type SetClaims = (claims: Record<string, unknown>) => void;

/** Lists claim values that a condition or an exclusion refuses, such as one less than `min`. */
function wrongValues(
  policies: readonly CompiledPolicy[],
  rule: string,
  issuers: readonly CompiledIssuer[],
): readonly SetClaims[] {
  const ofConditions = listHolders(policies, rule, issuers).flatMap(({ conditions }) =>
    conditions.flatMap(({ claim, tests, absent }) => [
      ...(absent === "refused" ? [] : [OTHER]).map(
        (value): SetClaims =>
          (claims) =>
            setClaim(claims, claim, value),
      ),
      ...tests
        .flatMap((test) => (test.is === "not" ? listFitting(test.test) : listWrong(test)))
        .map(
          (value): SetClaims =>
            (claims) =>
              setClaim(claims, claim, value),
        ),
    ]),
  );
  const ofNames = listAlternatives(policies, rule).flatMap(({ scopes, roles, groups }) =>
    issuers.flatMap((issuer) => [
      ...addExcluded(scopes, issuer.scopes),
      ...addExcluded(roles, issuer.roles),
      ...addExcluded(groups, issuer.groups),
    ]),
  );
  return [...ofConditions, ...ofNames];
}

function listWrong(test: PlainTest): readonly unknown[] {
  switch (test.is) {
    case "min":
      return [test.bound - 1];
    case "max":
      return [test.bound + 1];
    case "contains_any":
    case "contains_all":
      return [[OTHER], ...[...test.values].map((value) => [value])];
    default:
      return [OTHER];
  }
}

function listFitting(test: PlainTest): readonly unknown[] {
  switch (test.is) {
    case "equals":
      return [test.value];
    case "one_of":
      return [...test.values];
    case "contains_any":
    case "contains_all":
      return [[...test.values]];
    case "min":
    case "max":
      return [test.bound];
    default:
      return [];
  }
}

/** Adds each excluded name to the names that the token has. */
function addExcluded({ noneOf }: Membership, locations: CompiledIssuer["scopes"]): readonly SetClaims[] {
  const [location] = locations;
  return noneOf.map(
    (name): SetClaims =>
      (claims) => {
        if (location) {
          const known = readAt(claims, location.claim.path);
          const names = typeof known === "string" ? known.split(" ") : Array.isArray(known) ? known : [];
          setClaim(claims, location.claim, [...names, name]);
        }
      },
  );
}

function readAt(claims: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === "object" && value !== null ? (value as Members)[step] : undefined),
    claims,
  );
}

/** Lists times just inside and just outside of each limit. */
function listTimes({
  clockSkewSeconds: skew,
  maxTokenAgeSeconds: age,
  maxTokenLifetimeSeconds: life,
}: CompiledIssuer): readonly Members[] {
  const ago = (seconds: number): string => (seconds < 0 ? `+${-seconds}s` : `-${seconds}s`);
  const around = (limit: number): readonly number[] => [limit - 1, limit + 1];
  return [
    ...around(skew).map((seconds) => ({ exp: ago(seconds) })),
    ...around(skew).map((seconds) => ({ nbf: ago(-seconds) })),
    ...(age === undefined ? [] : around(age + skew).map((seconds) => ({ iat: ago(seconds), exp: "+1m" }))),
    ...(life === undefined ? [] : around(life).map((seconds) => ({ iat: "now", exp: ago(-seconds) }))),
  ];
}

function listLogins(
  policies: readonly CompiledPolicy[],
  rule: string,
  issuers: readonly CompiledIssuer[],
): readonly Members[] {
  const ages = listAlternatives(policies, rule).flatMap(({ authentication }) => authentication?.maxAgeSeconds ?? []);
  return ages.flatMap((age) =>
    issuers.flatMap(({ clockSkewSeconds: skew }) => [
      { auth_time: `-${age + skew - 1}s` },
      { auth_time: `-${age + skew + 1}s` },
    ]),
  );
}

/** Lists changes of the token to each audience and each tenant that one of the policies accepts. */
function listAddressees(
  policies: readonly CompiledPolicy[],
  rule: string,
  issuers: readonly CompiledIssuer[],
): readonly SetClaims[] {
  const ofRule = listAlternatives(policies, rule).flatMap(({ audiences }) => [...(audiences ?? [])]);
  return issuers.flatMap((issuer) => {
    const { template, audiences, audience } = issuer;
    const tenants = [...(template?.tenants ?? [])];
    return [
      ...[...audiences, ...ofRule].map(
        (value): SetClaims =>
          (claims) =>
            setClaim(claims, audience, value),
      ),
      ...tenants.map(
        (tenant): SetClaims =>
          (claims) => {
            claims.iss = issuer.issuer
              .split("/")
              .with(template?.segment ?? 0, tenant)
              .join("/");
          },
      ),
    ];
  });
}

/** For each claim that becomes a header or names Kong's caller, adds a value to the token. */
function mapMissing(
  token: TokenRecipe,
  policies: readonly CompiledPolicy[],
  consumer: string,
): TokenRecipe | undefined {
  const claims = { ...token.claims };
  let isChanged = false;
  const add = (claim: ClaimReference, value: unknown): void => {
    if (claim.text !== "sub" && readAt(claims, claim.path) === undefined) {
      setClaim(claims, claim, value);
      isChanged = true;
    }
  };
  for (const { headerMappings, identity } of policies) {
    for (const claim of headerMappings.flatMap(({ source }) => (source.from === "claim" ? source.claims : []))) {
      add(claim, `example-${claim.path.at(-1)}`);
    }
    for (const claim of identity?.consumer?.claims ?? []) {
      add(claim, consumer);
    }
    for (const claim of identity?.credential ?? []) {
      add(claim, "example");
    }
    for (const { claim } of identity?.groups ?? []) {
      add(claim, ["example"]);
    }
  }
  return isChanged ? { ...token, claims } : undefined;
}

/** For each other issuer, lists a token of that issuer with the same claims. */
function otherIssuers(token: TokenRecipe, policies: readonly CompiledPolicy[]): readonly TokenRecipe[] {
  const ids = new Set(policies.flatMap((policy) => listIssuers(policy).map(({ id }) => id)));
  return ids.size < 2 ? [] : [...ids].filter((id) => id !== token.issuer).map((issuer) => ({ ...token, issuer }));
}
