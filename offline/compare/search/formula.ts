import { isOpen } from "../../../plugin/core/access/alternatives.ts";
import { authorize } from "../../../plugin/core/access/authorize.ts";
import type { ComparedRequest } from "../../../plugin/core/access/condition.ts";
import { validateClaims } from "../../../plugin/core/access/validate-claims.ts";
import type { ClaimReference, NameLocation } from "../../../plugin/core/model/claim-reference.ts";
import type { Reason } from "../../../plugin/core/model/denial.ts";
import { listEntries, tenantOf } from "../../../plugin/core/model/issuer-template.ts";
import type {
  Alternative,
  ClaimTest,
  CompiledIssuer,
  Condition,
  Membership,
  Requirements,
  Scalar,
} from "../../../plugin/core/model/policy.ts";
import { acceptAll, requireNames, requireOnly } from "../../../plugin/policy/satisfy/least-requirements.ts";
import {
  type CandidateToken,
  type PartName,
  type PartValue,
  partOf,
  TIMES_PART,
  type TokenFrame,
  TYPE_PART,
  usualTimes,
} from "./token-space.ts";
import { write } from "./write-value.ts";

/**
 * Writes a policy's requirements on a token as alternatives of single requirements. The plugin's own code decides
 * whether a token meets a requirement. For each check, the code creates a rule or an issuer with only this requirement.
 */

/** The names that one or more claims must contain: all names, at least one name (`any`), or none of the names. */
export interface NameHint {
  readonly asks: "all" | "any" | "none";
  readonly names: readonly Scalar[];
  /**
   * For each part of the token, the separator between names in one string. The separator is undefined if several names
   * must be a list.
   */
  readonly separators: ReadonlyMap<PartName, string | undefined>;
}

/** One requirement on a token. */
export interface Requirement {
  /** The parts of a token that the requirement reads. Most requirements read only one part. */
  readonly reads: readonly PartName[];
  /** The requirement in words. If two versions have the same requirement, its text is the same in both versions. */
  readonly text: string;
  /**
   * If a token misses only this requirement, the plugin refuses the token for one of these reasons. If there are
   * several reasons, the token's value decides which reason applies. `explain` and `replay` use the reasons.
   */
  readonly reasons: readonly [Reason, ...Reason[]];
  holds(token: CandidateToken): boolean;
  /** Values that the search tries for the first part in `reads`. They include the values that the requirement names. */
  readonly values: readonly PartValue[];
  readonly names?: NameHint;
  /** For a condition with `not`: a token meets the condition only if it misses this requirement on names. */
  readonly refusedNames?: NameHint;
  /** `isRefused`: if a string matches the pattern, it does not meet the requirement. */
  readonly pattern?: { readonly regExp: RegExp; readonly isRefused: boolean };
}

/**
 * A token passes if it meets all requirements of one alternative. Without alternatives, no token passes. With an empty
 * alternative, every token passes.
 */
export type Formula = readonly (readonly Requirement[])[];

export const NEVER: Formula = [];
export const ALWAYS: Formula = [[]];

const SUBJECT = "alice";
const LOGIN_REASONS = ["authentication_insufficient"] as const;
/**
 * The checks of all other requirements read the audience from this unusual claim. So the other checks ignore the
 * token's own audience.
 */
const AUDIENCE: ClaimReference = { text: "", path: ["\u0000audience"] };
const AUDIENCES = new Set(["any"]);
const WITH_AUDIENCE = { "\u0000audience": "any" };

/**
 * Writes the requirements on a token with the `iss` and `alg` of `frame`. No token belongs to two entries of one
 * issuer.
 */
export function createFormula(
  issuer: CompiledIssuer | undefined,
  requirements: Requirements | undefined,
  frame: TokenFrame,
  request: ComparedRequest,
): Formula {
  return issuer && requirements
    ? listEntries(issuer).flatMap((entry) => createFormulaOfEntry(entry, requirements, frame, request))
    : NEVER;
}

function createFormulaOfEntry(
  issuer: CompiledIssuer,
  requirements: Requirements,
  frame: TokenFrame,
  request: ComparedRequest,
): Formula {
  if (!requirements.accept.has(issuer.id) || !issuer.algorithms.has(frame.alg)) {
    return NEVER;
  }
  const ofIssuer = listIssuerRequirements(issuer, frame);
  return requirements.alternatives
    .filter(({ accept }) => accept.has(issuer.id))
    .map((alternative) => [...ofIssuer, ...listRuleRequirements(issuer, alternative, frame, request)]);
}

function listIssuerRequirements(issuer: CompiledIssuer, frame: TokenFrame): readonly Requirement[] {
  const lax = createLaxIssuer(issuer);
  const rule = requireOnly(acceptAll(new Set([issuer.id]), AUDIENCES));
  const valid = (changes: Partial<CompiledIssuer>) => {
    const only = { ...lax, ...changes };
    return ({ typ, alg, claims }: CandidateToken) =>
      validateClaims(
        only,
        rule,
        { alg, typ, kid: undefined, x5t: undefined, x5tS256: undefined },
        { ...claims, ...WITH_AUDIENCE },
        frame.now,
      ).ok;
  };
  const { tokenTypes, clockSkewSeconds, maxTokenAgeSeconds, maxTokenLifetimeSeconds, acceptsBoundTokens } = issuer;
  return [
    ...(tokenTypes === undefined
      ? []
      : [
          {
            reads: [TYPE_PART],
            text: `typ ${[...tokenTypes].sort().join(" ")}`,
            reasons: ["token_type_mismatch"] as const,
            holds: valid({ tokenTypes }),
            values: [...tokenTypes],
          },
        ]),
    {
      reads: [TIMES_PART],
      text: describeTimes(issuer),
      reasons: ["token_expired", "token_not_yet_valid", "token_too_old", "claim_missing", "claim_invalid"],
      holds: valid({ clockSkewSeconds, maxTokenAgeSeconds, maxTokenLifetimeSeconds }),
      values: listTimes(issuer, frame.now),
    },
    {
      reads: ["/cnf"],
      text: acceptsBoundTokens ? "cnf that is an object" : "no cnf",
      reasons: ["claim_invalid"],
      holds: valid({ acceptsBoundTokens }),
      values: [undefined, { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }],
    },
    ...(issuer.template
      ? [
          {
            reads: [partOf(issuer.tenant.path)],
            text: `the tenant of iss in claim ${issuer.tenant.text}`,
            reasons: ["claim_invalid"] as const,
            holds: valid({ template: issuer.template, tenant: issuer.tenant }),
            values: [tenantOf(issuer.template, frame.iss)],
          },
        ]
      : []),
    ...issuer.conditions.flatMap((condition) =>
      splitCondition(condition).map((single) =>
        describeCondition(
          single,
          frame,
          { segments: [], headers: new Map() },
          {
            reasons: ["claim_missing", "claim_invalid"],
            holds: valid({ conditions: [single] }),
          },
        ),
      ),
    ),
  ];
}

function listRuleRequirements(
  issuer: CompiledIssuer,
  alternative: Alternative,
  { now }: TokenFrame,
  request: ComparedRequest,
): readonly Requirement[] {
  const lax = createLaxIssuer(issuer);
  const met = (changes: Partial<Alternative>) => {
    const rule = requireOnly({ ...acceptAll(new Set([issuer.id]), AUDIENCES), ...changes });
    return ({ claims }: CandidateToken) => authorize(lax, rule, { ...claims, ...WITH_AUDIENCE }, request, now).ok;
  };
  const accepted = [...(alternative.audiences ?? issuer.audiences)];
  const audience: Requirement = {
    reads: [partOf(issuer.audience.path)],
    text: `audience ${describeChoice(accepted.sort())} in claim ${issuer.audience.text}`,
    reasons: ["audience_mismatch"],
    holds: ({ claims }) => isOpen(issuer, alternative, claims),
    values: accepted,
  };
  const conditions = alternative.conditions.flatMap((condition) =>
    splitCondition(condition).map((single) =>
      describeCondition(single, { iss: "", alg: "", now }, request, {
        reasons: ["condition_unmet"],
        holds: met({ conditions: [single] }),
      }),
    ),
  );
  // The TypeScript compiler demands an entry for each part of an alternative, so that `diff` cannot overlook a new
  // part.
  const ofParts: { readonly [Part in Exclude<keyof Alternative, "accept">]: readonly Requirement[] } = {
    audiences: [audience],
    scopes: listNames("scopes", issuer.scopes, alternative.scopes, met),
    roles: listNames("roles", issuer.roles, alternative.roles, met),
    groups: listNames("groups", issuer.groups, alternative.groups, met),
    conditions,
    authentication: listAuthentication(alternative, issuer, now, met),
  };
  return Object.values(ofParts).flat();
}

type Met = (changes: Partial<Alternative>) => Requirement["holds"];

function listNames(
  kind: "scopes" | "roles" | "groups",
  locations: readonly NameLocation[],
  { allOf, anyOf, noneOf }: Membership,
  met: Met,
): readonly Requirement[] {
  const usual = kind === "scopes" ? " " : undefined;
  const separators = new Map(locations.map(({ claim, separator = usual }) => [partOf(claim.path), separator]));
  const single = (asks: NameHint["asks"], names: readonly string[]): Requirement => {
    const key = ({ all: "allOf", any: "anyOf", none: "noneOf" } as const)[asks];
    return {
      reads: [...separators.keys()],
      text: describeNames(kind.slice(0, -1), asks, names, locations),
      reasons: [kind === "scopes" && asks !== "none" ? "scope_insufficient" : "condition_unmet"],
      holds: met({ [kind]: requireNames({ [key]: names }) }),
      values: [],
      names: { asks, names, separators },
    };
  };
  return [
    ...allOf.map((name) => single("all", [name])),
    ...(anyOf.length > 0 ? [single("any", anyOf)] : []),
    ...noneOf.map((name) => single("none", [name])),
  ];
}

function listAuthentication(
  { authentication }: Alternative,
  { clockSkewSeconds }: CompiledIssuer,
  now: number,
  met: Met,
): readonly Requirement[] {
  if (!authentication) {
    return [];
  }
  const { acrValues, amr, maxAgeSeconds } = authentication;
  const only = { acrValues: [], amr: [], maxAgeSeconds: undefined };
  return [
    ...(acrValues.length > 0
      ? [
          {
            reads: ["/acr"],
            text: `acr ${describeChoice([...acrValues].sort())}`,
            reasons: LOGIN_REASONS,
            holds: met({ authentication: { ...only, acrValues } }),
            values: acrValues,
          },
        ]
      : []),
    ...amr.map((method) => ({
      reads: ["/amr"],
      text: `amr ${method}`,
      reasons: LOGIN_REASONS,
      holds: met({ authentication: { ...only, amr: [method] } }),
      values: [],
      names: { asks: "all", names: [method], separators: new Map([["/amr", undefined]]) } as const,
    })),
    ...(maxAgeSeconds === undefined
      ? []
      : [
          {
            reads: ["/auth_time"],
            text: `auth_time at most ${maxAgeSeconds} s ago, with a skew of ${clockSkewSeconds} s`,
            reasons: LOGIN_REASONS,
            holds: met({ authentication: { ...only, maxAgeSeconds } }),
            values: around([now - maxAgeSeconds - clockSkewSeconds, now, now + clockSkewSeconds]),
          },
        ]),
  ];
}

function describeNames(
  kind: string,
  asks: NameHint["asks"],
  names: readonly string[],
  locations: readonly NameLocation[],
): string {
  const claims = locations.map(({ claim, separator }) =>
    separator === undefined ? claim.text : `${claim.text} (${separator})`,
  );
  const which = `${kind} ${describeChoice([...names].sort())} in claim ${claims.join(" or ")}`;
  return asks === "none" ? `no ${which}` : which;
}

function describeChoice(names: readonly string[]): string {
  return names.length === 1 ? `${names[0]}` : `one of ${names.join(", ")}`;
}

function describeTimes({ clockSkewSeconds, maxTokenAgeSeconds, maxTokenLifetimeSeconds }: CompiledIssuer): string {
  return [
    `times within a skew of ${clockSkewSeconds} s`,
    ...(maxTokenAgeSeconds === undefined ? [] : [`issued at most ${maxTokenAgeSeconds} s ago`]),
    ...(maxTokenLifetimeSeconds === undefined ? [] : [`valid for at most ${maxTokenLifetimeSeconds} s`]),
  ].join(", ");
}

/** Splits a condition into one condition for each test, because a token can fail each test separately. */
function splitCondition({ tests, ...condition }: Condition): readonly Condition[] {
  return tests.length === 0 ? [{ ...condition, tests }] : tests.map((test) => ({ ...condition, tests: [test] }));
}

function describeCondition(
  { claim, absent, tests }: Condition,
  { now }: TokenFrame,
  request: ComparedRequest,
  check: Pick<Requirement, "reasons" | "holds">,
): Requirement {
  const part = partOf(claim.path);
  const [test] = tests;
  const values = test ? listTestValues(test, request) : [SUBJECT];
  return {
    reads: [part],
    text: `claim ${claim.text} with ${test ? write(test) : "a value"}${absent === "refused" ? "" : ` (absent: ${absent})`}`,
    ...check,
    values: part === TIMES_PART ? toTimes(claim, values, now) : values,
    ...namesOf(part, test),
    ...patternOf(test),
  };
}

function listTestValues(test: ClaimTest, request: ComparedRequest): readonly PartValue[] {
  switch (test.is) {
    case "not":
      return listTestValues(test.test, request);
    case "equals":
      return [test.value];
    case "one_of":
      return [...test.values];
    case "contains_any":
    case "contains_all":
      return [[...test.values]];
    case "matches":
      return [];
    case "min":
    case "max":
      return around([test.bound]);
    case "equals_path":
      return [request.segments[test.segment]];
    case "equals_header":
      return [request.headers.get(test.header)];
  }
}

function namesOf(part: PartName, test: ClaimTest | undefined): Pick<Requirement, "names" | "refusedNames"> {
  if (test?.is === "not") {
    const { names } = namesOf(part, test.test);
    return names ? { refusedNames: names } : {};
  }
  if (test?.is !== "contains_any" && test?.is !== "contains_all") {
    return {};
  }
  const asks = test.is === "contains_any" ? "any" : "all";
  return { names: { asks, names: [...test.values], separators: new Map([[part, undefined]]) } };
}

function patternOf(test: ClaimTest | undefined): Pick<Requirement, "pattern"> {
  const inner = test?.is === "not" ? test.test : test;
  return inner?.is === "matches" ? { pattern: { regExp: inner.pattern, isRefused: test?.is === "not" } } : {};
}

/** For each value of one time claim, such as `exp`, adds usual values of the other time claims. */
function toTimes(claim: ClaimReference, values: readonly PartValue[], now: number): readonly PartValue[] {
  const [name = ""] = claim.path;
  return values.filter((value) => typeof value === "number").map((value) => ({ ...usualTimes(now), [name]: value }));
}

/** Lists times near each limit. Usual times come first, because users expect usual times in an example. */
function listTimes(
  { clockSkewSeconds: skew, maxTokenAgeSeconds: age, maxTokenLifetimeSeconds: lifetime }: CompiledIssuer,
  now: number,
): readonly PartValue[] {
  const usual = usualTimes(now);
  const issued = now - 10;
  return [
    usual,
    { ...usual, iat: undefined },
    ...around([now - skew]).map((exp) => ({ ...usual, exp, iat: exp - 100 })),
    ...around([now - skew]).map((exp) => ({ ...usual, exp, iat: undefined })),
    { ...usual, exp: undefined },
    ...around([now + skew]).flatMap((start) => [
      { exp: start + 300, nbf: start, iat: issued },
      { exp: start + 300, nbf: undefined, iat: start },
    ]),
    ...(age === undefined ? [] : around([now - skew - age]).map((iat) => ({ ...usual, iat }))),
    ...(lifetime === undefined ? [] : around([issued + lifetime]).map((exp) => ({ ...usual, exp }))),
    ...(lifetime === undefined || age === undefined
      ? []
      : around([now - skew - age]).flatMap((iat) => around([iat + lifetime]).map((exp) => ({ ...usual, iat, exp })))),
  ];
}

function around(numbers: readonly number[]): readonly number[] {
  return numbers.flatMap((number) => [number, number + 1, number - 1]);
}

/** Creates a copy of the issuer that has no requirements on tokens. */
function createLaxIssuer(issuer: CompiledIssuer): CompiledIssuer {
  return {
    ...issuer,
    audience: AUDIENCE,
    template: undefined,
    tokenTypes: undefined,
    clockSkewSeconds: 1e9,
    maxTokenAgeSeconds: undefined,
    maxTokenLifetimeSeconds: undefined,
    acceptsBoundTokens: true,
    conditions: [],
    otherEntries: [],
  };
}
