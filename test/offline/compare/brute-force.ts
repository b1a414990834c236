import { authorize } from "../../../plugin/core/access/authorize.ts";
import { validateClaims } from "../../../plugin/core/access/validate-claims.ts";
import type { JsonObject, JsonValue } from "../../../plugin/core/json/json.ts";
import type { CompiledPolicy, Requirements } from "../../../plugin/core/model/policy.ts";
import type { RequestFacts } from "../../../plugin/core/model/request.ts";
import { checkPath, findRule, matchRequest } from "../../../plugin/core/request/match-rule.ts";
import { selectIssuer } from "../../../plugin/core/token/find-key.ts";
import { NOW } from "../../core/fixtures.ts";
import { AUDIENCES, ISSUERS } from "./random-policies.ts";

/** Lets two policies judge every request with every token of a small model, and compares the decisions. */

const PATHS = ["/o", "/o/1", "/p", "/q", "/o/1/2"];
const METHODS = ["GET", "POST", "PUT", "LOCK"];
const SCOPES = [undefined, "a", "b", "c", "a b", "a c", "b c", "a b c"];
const ROLES: readonly (JsonValue | undefined)[] = [undefined, ["x"], ["y"], ["x", "y"]];
const MORE_ROLES: readonly (JsonValue | undefined)[] = [undefined, "x", "x,y", ["y"], ["x", "y"]];
const PLANS: readonly (JsonValue | undefined)[] = [
  undefined,
  "gold",
  "free",
  "good",
  "gooood",
  "zzzz",
  "z",
  1,
  2,
  2.5,
  3,
  4,
  ["gold"],
  ["free"],
  ["gold", "free"],
];
const TYPES = [undefined, "jwt", "at+jwt"];
const TIMES = [
  { exp: NOW + 300, iat: NOW - 10 },
  { exp: NOW + 300 },
  { exp: NOW - 30, iat: NOW - 100 },
  { exp: NOW - 90, iat: NOW - 100 },
  { exp: NOW + 300, iat: NOW - 1_000 },
  { exp: NOW + 300, iat: NOW - 5_000 },
  { exp: NOW + 3_000, iat: NOW - 10 },
  { exp: NOW + 5_000, iat: NOW - 10 },
];

interface Token {
  readonly alg: string;
  readonly typ: string | undefined;
  readonly claims: JsonObject;
}

/** The most tokens of one world. If there are more tokens, the test uses a fixed part of them. */
const MAX_TOKENS = 2_000;

/** The rules for which a request of the small world passes only with the second policy. */
export function findLooserRules(before: CompiledPolicy, after: CompiledPolicy): ReadonlySet<string> {
  const text = JSON.stringify([before, after], (_key, value) =>
    value instanceof Set || value instanceof Map ? [...value] : value,
  );
  const tokens = listTokens(text);
  const rules = [...new Set([...before.rules.keys(), ...after.rules.keys()])];
  return new Set(
    rules.filter((rule) => listCells(rule, before, after).some((cell) => isLooser(cell, before, after, tokens))),
  );
}

type CellRequirements = readonly [Requirements | undefined, Requirements | undefined];

/** The requirements of both policies for each method and path, each pair once. */
function listCells(rule: string, before: CompiledPolicy, after: CompiledPolicy): readonly CellRequirements[] {
  const cells: CellRequirements[] = [];
  for (const path of PATHS) {
    for (const method of METHODS) {
      const cell: CellRequirements = [match(before, rule, method, path), match(after, rule, method, path)];
      if (!cells.some((known) => known[0] === cell[0] && known[1] === cell[1])) {
        cells.push(cell);
      }
    }
  }
  return cells;
}

/** Only the claims that a policy mentions vary. */
function listTokens(text: string): readonly Token[] {
  const vary = <T>(isUsed: boolean, values: readonly T[]): readonly T[] => (isUsed ? values : values.slice(0, 1));
  const hasTimes = /"maxToken(?:Age|Lifetime)Seconds"|"clockSkewSeconds":(?!60)/.test(text);
  const dimensions: readonly (readonly unknown[])[] = [
    ISSUERS,
    ["ES256", "EdDSA"],
    AUDIENCES,
    vary(/"[abc]"/.test(text), SCOPES),
    vary(/"[xy]"/.test(text), ROLES),
    vary(text.includes('"more_roles"'), MORE_ROLES),
    vary(text.includes('"plan"'), PLANS),
    listShapes(hasTimes),
  ];
  const total = dimensions.reduce((product, values) => product * values.length, 1);
  // A step without a common divisor reaches every value of every dimension.
  const step = total <= MAX_TOKENS ? 1 : nextPrime(Math.ceil(total / MAX_TOKENS));
  return Array.from({ length: Math.ceil(total / step) }, (_, index) => tokenAt(dimensions, index * step));
}

function nextPrime(from: number): number {
  const isPrime = (number: number): boolean =>
    number > 31 && [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31].every((divisor) => number % divisor !== 0);
  let number = from;
  while (!isPrime(number)) {
    number += 1;
  }
  return number;
}

function tokenAt(dimensions: readonly (readonly unknown[])[], index: number): Token {
  let rest = index;
  const [iss, alg, aud, scope, roles, more, plan, shape] = dimensions.map((values) => {
    const value = values[rest % values.length];
    rest = Math.floor(rest / values.length);
    return value;
  });
  const [typ, times, cnf] = shape as Shape;
  const claims: unknown = JSON.parse(JSON.stringify({ iss, aud, scope, roles, more_roles: more, plan, cnf, ...times }));
  return { alg: String(alg), typ, claims: claims as JsonObject };
}

type Shape = readonly [string | undefined, (typeof TIMES)[number], JsonObject | undefined];

/** Only one of these parts varies at a time, because the parts do not depend on each other. */
function listShapes(hasTimes: boolean): readonly Shape[] {
  const [usual = { exp: NOW + 300 }] = TIMES;
  return TYPES.flatMap((typ): Shape[] => [
    ...(hasTimes ? TIMES : [usual]).map((times): Shape => [typ, times, undefined]),
    [typ, usual, { jkt: "x" }],
  ]);
}

function isLooser(
  [was, is]: CellRequirements,
  before: CompiledPolicy,
  after: CompiledPolicy,
  tokens: readonly Token[],
): boolean {
  const isGained = (token: Token | undefined): boolean =>
    SITUATIONS.some(
      (situation) =>
        is !== undefined &&
        judge(after, is, token, situation) &&
        (was === undefined || !judge(before, was, token, situation)),
    );
  return isGained(undefined) || tokens.some(isGained);
}

function match(policy: CompiledPolicy, rule: string, method: string, target: string): Requirements | undefined {
  const facts: RequestFacts = {
    binding: { by: "rule", rule },
    requestLine: { method, target },
    connection: undefined,
    authorization: undefined,
    headers: new Map(),
    transport: "tls",
    requestId: undefined,
  };
  const found = findRule(policy, facts.binding);
  const matched = found.ok && checkPath(policy, facts).ok ? matchRequest(found.value, facts, false) : undefined;
  return matched?.ok ? matched.value.requirements : undefined;
}

interface Situation {
  /** Whether another plugin has authenticated the request. */
  readonly isKnown: boolean;
  readonly isPlain: boolean;
}

const SITUATIONS: readonly Situation[] = [
  { isKnown: false, isPlain: false },
  { isKnown: true, isPlain: false },
  { isKnown: false, isPlain: true },
];

function judge(
  policy: CompiledPolicy,
  requirements: Requirements,
  token: Token | undefined,
  { isKnown, isPlain }: Situation,
): boolean {
  const { access, allowsHttp, otherAuthentication } = requirements;
  if (access === "public") {
    return true;
  }
  if (isPlain && !allowsHttp) {
    return false;
  }
  if (otherAuthentication !== "ignore" && isKnown !== (otherAuthentication === "require")) {
    return isKnown;
  }
  if (!token) {
    return access === "optional";
  }
  const joseHeader = { alg: token.alg, kid: undefined, typ: token.typ, x5t: undefined, x5tS256: undefined };
  const issuer = selectIssuer(policy, requirements, joseHeader, { iss: token.claims.iss });
  return (
    issuer.ok &&
    validateClaims(issuer.value, requirements, joseHeader, token.claims, NOW).ok &&
    authorize(issuer.value, requirements, token.claims, { segments: [], headers: new Map() }, NOW).ok
  );
}
