import { authorize } from "../../core/access/authorize.ts";
import { checkCondition, NO_REQUEST } from "../../core/access/condition.ts";
import { checkTypes } from "../../core/access/registered-claims.ts";
import type { JsonValue } from "../../core/json/json.ts";
import type { Consumer } from "../../core/model/caller.ts";
import { type ClaimReference, type NameLocation, parseClaimReference } from "../../core/model/claim-reference.ts";
import type { TemplateSegment } from "../../core/model/operation-tree.ts";
import type {
  Alternative,
  AuthenticationRequirement,
  ClaimTest,
  CompiledIssuer,
  CompiledPolicy,
  Condition,
  PlainTest,
  Requirements,
  Scalar,
} from "../../core/model/policy.ts";
import { propagateClaims } from "../../core/upstream/map-claims.ts";
import { acceptAll, requireOnly } from "./least-requirements.ts";
import { nameSlot, type Slot, slotOf, type Wish } from "./slot.ts";
import { claimsWith } from "./write-claims.ts";

const HOUR = 3_600;
/** Example tenants, for an issuer that accepts every tenant. Most providers use UUIDs as tenants. */
const EXAMPLE_TENANTS = ["11111111-2222-4333-8444-555555555555", "tenant-1"];
/**
 * A claim that no policy names. `authorize` always checks the audience too. To check another requirement alone, the
 * code makes `authorize` read the audience from this claim, and gives the claim an accepted value.
 */
const ANY_AUDIENCE = parseClaimReference("kong-jwt-policy:any-audience");
const NO_PAYLOAD = new Uint8Array(0);

/** The parts of a policy that a token and its request must satisfy. */
export interface Attempt {
  readonly policy: CompiledPolicy;
  readonly requirements: Requirements;
  readonly segments: readonly TemplateSegment[] | undefined;
  readonly issuer: CompiledIssuer;
  readonly alternative: Alternative;
  /** The tenant that `iss` names; undefined for an issuer without a template. */
  readonly tenant: string | undefined;
  readonly nowSeconds: number;
  readonly consumers: readonly Consumer[];
}

/** The tenants to try for an issuer. For an issuer without a template, the list has one undefined entry. */
export function listTenants({ template, tenant, conditions }: CompiledIssuer, alternative: Alternative) {
  if (template === undefined) {
    return [undefined];
  }
  const named = [...conditions, ...alternative.conditions]
    .filter(({ claim }) => nameSlot(slotOf(claim)) === nameSlot(slotOf(tenant)))
    .flatMap(({ tests }) => tests.flatMap(listExact))
    .filter((value) => typeof value === "string");
  return template.tenants === undefined ? [...named, ...EXAMPLE_TENANTS] : [...template.tenants];
}

/**
 * All wishes about the claims and the request. They come from the issuer, the alternative and the policy's mappings.
 */
export function collectWishes(attempt: Attempt): readonly Wish[] {
  const { issuer, alternative } = attempt;
  return [
    ...wishRegistered(attempt),
    ...[...issuer.conditions, ...alternative.conditions].flatMap((condition) => wishCondition(condition, attempt)),
    ...wishMembers(attempt, "scopes", issuer.scopes),
    ...wishMembers(attempt, "roles", issuer.roles),
    ...wishMembers(attempt, "groups", issuer.groups),
    ...wishAuthentication(alternative.authentication, attempt),
    ...wishIdentity(attempt),
  ];
}

/**
 * Returns one limit for each claim in the wishes: the claim's value must pass the type checks, and fit into the mapped
 * headers. An absent claim meets these limits.
 */
export function restrictUsed(wishes: readonly Wish[], { policy, issuer }: Attempt): readonly Wish[] {
  const used = new Map(wishes.map((wish) => [nameSlot(wish.slot), wish.slot]));
  return [...used.values()].flatMap((slot): Wish[] => {
    if (slot.in !== "claim") {
      return [];
    }
    const { path } = slot;
    const mapped = policy.headerMappings.filter(
      ({ source }) =>
        source.from === "claim" && source.claims.some((claim) => nameSlot(slotOf(claim)) === nameSlot(slot)),
    );
    const accepts = (value: JsonValue): boolean =>
      (path.length > 1 || checkTypes([...(issuer.tokenTypes ?? [])][0], claimsWith(path, value)).ok) &&
      propagateClaims(
        { ...policy, headerMappings: mapped, clearedHeaders: [] },
        { claims: claimsWith(path, value), payload: NO_PAYLOAD },
      ).ok;
    return [{ slot, accepts }];
  });
}

/** Claims that real tokens usually have. Tokens get them even if the rule does not ask for them. */
export function wishUsual(): readonly Wish[] {
  return [{ slot: slotOf(parseClaimReference("sub")), suggestions: ["user-1"] }];
}

function wishRegistered({ issuer, alternative, tenant, nowSeconds }: Attempt): readonly Wish[] {
  const claim = (name: string) => slotOf(parseClaimReference(name));
  const audiences = [...(alternative.audiences ?? issuer.audiences)];
  const iss =
    issuer.template && tenant
      ? issuer.issuer.split("/").with(issuer.template.segment, tenant).join("/")
      : issuer.issuer;
  const skew = issuer.clockSkewSeconds;
  const lifetime = Math.min(HOUR, issuer.maxTokenLifetimeSeconds ?? HOUR, issuer.maxTokenAgeSeconds ?? HOUR);
  const now = Math.floor(nowSeconds);
  return [
    { slot: claim("iss"), oneOf: [iss] },
    { slot: slotOf(issuer.audience), members: { all: [], anyOf: [audiences], form: "audience" } },
    { slot: claim("iat"), suggestions: [now], accepts: (value) => Number(value) <= nowSeconds + skew },
    { slot: claim("exp"), suggestions: [now + lifetime], accepts: (value) => Number(value) > nowSeconds - skew },
    ...(tenant === undefined ? [] : [{ slot: slotOf(issuer.tenant), oneOf: [tenant] }]),
  ];
}

/** A claim that may be absent also gets a value, because other parts of the rule may need a value. */
function wishCondition({ claim, absent, tests }: Condition, { segments }: Attempt): readonly Wish[] {
  if (absent === "required") {
    return [];
  }
  const slot = slotOf(claim);
  const acceptsTests = (some: readonly ClaimTest[]) => (value: JsonValue) =>
    checkCondition({ claim, absent, tests: some }, claimsWith(claim.path, value), NO_REQUEST).ok;
  const present: Wish = { slot, suggestions: suggestValues(claim), accepts: acceptsTests([]) };
  return [present, ...tests.map((test) => wishTest(slot, test, acceptsTests([test]), segments))];
}

function wishTest(
  slot: Slot,
  test: ClaimTest,
  accepts: (value: JsonValue) => boolean,
  segments: readonly TemplateSegment[] | undefined,
): Wish {
  switch (test.is) {
    case "not":
      return { slot, suggestions: suggestOthers(test.test), accepts };
    case "equals_path": {
      const segment = segments?.[test.segment];
      return segment?.kind === "literal"
        ? { slot, oneOf: [segment.text] }
        : { slot, sameAs: { in: "segment", index: test.segment }, suggestions: ["1"], accepts: isText };
    }
    case "equals_header":
      return { slot, sameAs: { in: "header", name: test.header }, accepts: isText };
    case "equals":
    case "one_of":
      return { slot, oneOf: listExact(test), accepts };
    case "contains_all":
      return { slot, members: { all: [...test.values], anyOf: [], form: "list" }, accepts };
    case "contains_any":
      return { slot, members: { all: [], anyOf: [[...test.values]], form: "list" }, accepts };
    case "matches":
      return { slot, pattern: test.pattern, accepts };
    case "min":
    case "max":
      return { slot, bound: test.bound, accepts };
  }
}

/** Values of each type that a negated test may accept. */
function suggestOthers(test: PlainTest): readonly JsonValue[] {
  const numbers = "bound" in test ? [test.bound - 1, test.bound + 1] : [0, 1, 2];
  const scalars = ["example", "other", ...numbers, true, false];
  return [...scalars, ...scalars.map((value) => [value])];
}

function listExact(test: ClaimTest): readonly Scalar[] {
  switch (test.is) {
    case "equals":
      return [test.value];
    case "one_of":
      return [...test.values];
    default:
      return [];
  }
}

function isText(value: JsonValue): boolean {
  return typeof value === "string";
}

function wishMembers(
  { issuer, alternative, nowSeconds }: Attempt,
  what: "scopes" | "roles" | "groups",
  [location]: readonly NameLocation[],
): readonly Wish[] {
  const wanted = alternative[what];
  if (!location) {
    return [];
  }
  // If several claims can have the names, the first claim gets all names.
  const { claim, separator } = location;
  if (wanted.allOf.length === 0 && wanted.anyOf.length === 0) {
    return []; // Without this claim, a token has none of the names that the alternative excludes.
  }
  // The plugin's own code checks the value against this requirement only.
  const only: Alternative = {
    ...acceptAll(alternative.accept, new Set(["any"])),
    [what]: wanted,
  };
  const accepts = (value: JsonValue): boolean =>
    authorize(
      { ...issuer, audience: ANY_AUDIENCE },
      requireOnly(only),
      { ...claimsWith(claim.path, value), [ANY_AUDIENCE.text]: "any" },
      NO_REQUEST,
      nowSeconds,
    ).ok;
  const form = what === "scopes" ? "scopes" : "names";
  const anyOf = wanted.anyOf.length === 0 ? [] : [wanted.anyOf];
  return [{ slot: slotOf(claim), members: { all: wanted.allOf, anyOf, form, separator }, accepts }];
}

function wishAuthentication(
  authentication: AuthenticationRequirement | undefined,
  { nowSeconds }: Attempt,
): readonly Wish[] {
  if (authentication === undefined) {
    return [];
  }
  const { acrValues, amr, maxAgeSeconds } = authentication;
  const claim = (name: string) => slotOf(parseClaimReference(name));
  return [
    ...(acrValues.length === 0 ? [] : [{ slot: claim("acr"), oneOf: acrValues }]),
    ...(amr.length === 0 ? [] : [{ slot: claim("amr"), members: { all: amr, anyOf: [], form: "list" as const } }]),
    ...(maxAgeSeconds === undefined ? [] : [{ slot: claim("auth_time"), suggestions: [Math.floor(nowSeconds)] }]),
  ];
}

function wishIdentity({ policy: { identity }, issuer, consumers }: Attempt): readonly Wish[] {
  if (identity === undefined || !identity.issuers.has(issuer.id)) {
    return [];
  }
  const { consumer, credential } = identity;
  const first = (claims: readonly ClaimReference[] = []): readonly ClaimReference[] => claims.slice(0, 1);
  return [
    ...first(credential).map(
      (claim): Wish => ({ slot: slotOf(claim), suggestions: suggestValues(claim), accepts: isText }),
    ),
    ...(consumer?.refusesUnknown
      ? first(consumer.claims).map((claim): Wish => {
          const oneOf = consumers.flatMap((known) => known[consumer.by] ?? []);
          return { slot: slotOf(claim), oneOf };
        })
      : []),
  ];
}

/** Values for a claim that is only required to exist. */
function suggestValues({ path }: ClaimReference): readonly JsonValue[] {
  const name = String(path.at(-1));
  const known: Readonly<Record<string, JsonValue>> = {
    act: { sub: "service-1" },
    may_act: { sub: "service-1" },
    azp: "client-1",
    client_id: "client-1",
    email: "user@example.com",
    email_verified: true,
    sub: "user-1",
  };
  const usual = Object.hasOwn(known, name) ? known[name] : undefined;
  return [...(usual === undefined ? [] : [usual]), "example", "1", 1, ["example"], { example: "example" }, true];
}
