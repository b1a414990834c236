import { parseClaimReference } from "../../plugin/core/model/claim-reference.ts";
import type { CompiledIssuer } from "../../plugin/core/model/policy.ts";

type Claims = Readonly<Record<string, unknown>>;

export interface ClaimChanges {
  readonly nowSeconds: number;
  readonly lifetimeSeconds: number | undefined;
  /** Whether the token has expired, is valid now, or becomes valid later. */
  readonly period: "past" | "now" | "future";
  readonly hasWrongAudience: boolean;
  /**
   * Names that the function removes from lists, and from strings that contain several names with spaces between them.
   */
  readonly without: readonly string[];
  /** The claims that the function sets, each with its value, in this order. */
  readonly set: readonly (readonly [claim: string, value: unknown])[];
  readonly remove: readonly string[];
}

const HOUR = 3_600;
/** A time in seconds that is longer than any issuer's clock skew. */
const MARGIN = 600;
/** A name under `.invalid` can never be registered (RFC 6761 section 6.4). */
const WRONG_AUDIENCE = "https://wrong-audience.invalid";

/** Changes the claims of a token that a rule allows. Most callers want a token that the rule denies. */
export function changeClaims(claims: object, issuer: CompiledIssuer, changes: ClaimChanges): Claims {
  const steps: ((claims: Claims) => Claims)[] = [
    (current) => ({ ...current, ...writeTimes(current, issuer, changes) }),
    (current) => (changes.hasWrongAudience ? setAt(current, issuer.audience.path, WRONG_AUDIENCE) : current),
    (current) =>
      changes.set.reduce((rest, [claim, value]) => setAt(rest, parseClaimReference(claim).path, value), current),
    // The function also removes the names from claims that the previous step has set.
    (current) => changes.without.reduce((rest, name) => dropName(rest, name) as Claims, current),
    (current) => changes.remove.reduce((rest, claim) => removeAt(rest, parseClaimReference(claim).path), current),
  ];
  return steps.reduce((current, step) => step(current), claims as Claims);
}

function writeTimes(
  { iat, exp }: Claims,
  { clockSkewSeconds }: CompiledIssuer,
  { period, lifetimeSeconds, nowSeconds }: ClaimChanges,
): Claims {
  const lifetime = lifetimeSeconds ?? Number(exp) - Number(iat);
  const distance = clockSkewSeconds + MARGIN;
  switch (period) {
    case "now":
      return lifetimeSeconds === undefined ? {} : { exp: Number(iat) + lifetime };
    case "past":
      return { iat: nowSeconds - distance - lifetime, exp: nowSeconds - distance };
    case "future":
      return { iat: nowSeconds + HOUR, nbf: nowSeconds + HOUR, exp: nowSeconds + HOUR + Math.max(lifetime, MARGIN) };
  }
}

function setAt(claims: Claims, [step = "", ...rest]: readonly string[], value: unknown): Claims {
  const known = Object.hasOwn(claims, step) ? claims[step] : undefined;
  const next = rest.length === 0 ? value : setAt(isMap(known) ? known : {}, rest, value);
  return Object.fromEntries([...Object.entries(claims).filter(([name]) => name !== step), [step, next]]);
}

function removeAt(claims: Claims, [step = "", ...rest]: readonly string[]): Claims {
  return Object.fromEntries(
    Object.entries(claims).flatMap(([name, value]): [string, unknown][] => {
      if (name !== step) {
        return [[name, value]];
      }
      return rest.length > 0 && isMap(value) ? [[name, removeAt(value, rest)]] : [];
    }),
  );
}

/** Removes a name from each list. Also removes it from each string that contains it as a word. */
function dropName(value: unknown, name: string): unknown {
  if (typeof value === "string") {
    const words = value.split(" ");
    return words.includes(name) ? words.filter((word) => word !== name).join(" ") : value;
  }
  if (Array.isArray(value)) {
    return value.filter((item) => item !== name);
  }
  return isMap(value)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, dropName(inner, name)]))
    : value;
}

function isMap(value: unknown): value is Claims {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
