import { listNames, type SplitText, splitNames } from "../json/claim-names.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";

/** A reference to a claim: the name of a top-level claim, or a JSON Pointer to an inner member (RFC 6901). */
export interface ClaimReference {
  /**
   * The reference as written in the policy document. The reference is safe to log, because it comes from configuration.
   */
  readonly text: string;
  readonly path: readonly string[];
}

/**
 * Reads a claim reference. A string that starts with `/` is a JSON Pointer. Any other string is the literal name of a top-level
 * claim, so `https://example.com/roles` needs no escaping.
 */
export function parseClaimReference(text: string): ClaimReference {
  const path = text.startsWith("/")
    ? text
        .slice(1)
        .split("/")
        .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    : [text];
  return { text, path };
}

/** Matches a list index in the form that JSON Pointers use (RFC 6901 section 4): without leading zeros, and not `-`. */
const INDEX = /^(?:0|[1-9][0-9]*)$/;
/**
 * The claim `_claim_names` lists the claims that the provider keeps outside the token (OpenID Connect Core section
 * 5.6.2).
 */
const ELSEWHERE = "_claim_names";

/** The value that `reference` names, or undefined when any step is absent. */
export function readClaim(claims: JsonObject, reference: ClaimReference): JsonValue | undefined {
  let value: JsonValue | undefined = claims;
  for (const step of reference.path) {
    value = selectMember(value, step);
  }
  return value;
}

function selectMember(value: JsonValue | undefined, step: string): JsonValue | undefined {
  if (Array.isArray(value)) {
    return INDEX.test(step) ? value[Number(step)] : undefined;
  }
  return isJsonObject(value) ? value[step] : undefined;
}

/** Why a claim cannot be found, although it may exist. */
export type Obstacle =
  /**
   * A step of the reference names a member of a value that has no such members. The value is a string, a number or a
   * boolean. Or the value is a list, and the step is not an index. `text` is the JSON Pointer of this value.
   */
  | { readonly is: "value"; readonly text: string; readonly value: JsonValue }
  /** The provider keeps the claim outside the token, because the claim is too large for the token. */
  | { readonly is: "elsewhere"; readonly text: string };

/**
 * Explains why {@link readClaim} found nothing. Returns undefined if the claim is really absent: an object lacks the member, a list
 * lacks the element, or a step of the pointer is null. If a requirement accepts an absent claim, the code of the
 * requirement must also call this function.
 */
export function findObstacle(claims: JsonObject, { path }: ClaimReference): Obstacle | undefined {
  const [first = ""] = path;
  const { [ELSEWHERE]: elsewhere } = claims;
  if (claims[first] === undefined && isJsonObject(elsewhere) && elsewhere[first] !== undefined) {
    return { is: "elsewhere", text: first };
  }
  let value: JsonValue | undefined = claims;
  for (const [index, step] of path.entries()) {
    if (value === undefined || value === null) {
      return undefined;
    }
    if (Array.isArray(value) ? !INDEX.test(step) : !isJsonObject(value)) {
      return { is: "value", text: toPointer(path.slice(0, index)), value };
    }
    value = selectMember(value, step);
  }
  return undefined;
}

/** The JSON Pointer of a path (RFC 6901 section 3). */
export function toPointer(path: readonly string[]): string {
  return path.map((step) => `/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** A claim that the token has, and the claim's value. The value is undefined if an obstacle hides the claim. */
export interface PresentClaim {
  readonly claim: ClaimReference;
  readonly value: JsonValue | undefined;
}

/**
 * The first listed claim that is present in the token. Claims that are absent or null are skipped. If a claim may exist
 * but cannot be read, the function does not skip the claim, because a later claim may name a different caller.
 */
export function findFirst(claims: JsonObject, references: readonly ClaimReference[]): PresentClaim | undefined {
  for (const claim of references) {
    const value = readClaim(claims, claim);
    if ((value !== undefined && value !== null) || (value === undefined && findObstacle(claims, claim))) {
      return { claim, value };
    }
  }
  return undefined;
}

/** Lists the names of the claims, as text for the operator. */
export function nameClaims(references: readonly ClaimReference[]): string {
  return references.map(({ text }) => `"${text}"`).join(", ");
}

/** A claim that contains names, such as roles. */
export interface NameLocation {
  readonly claim: ClaimReference;
  /**
   * A claim can be one string with several names. This character separates the names in the string. Without a
   * separator, the string is one name, or a list of scopes with spaces between them.
   */
  readonly separator: string | undefined;
}

const ONE_NAME: SplitText = (text) => [text];

/**
 * Returns one set with the names from all locations. A claim that is absent or null adds no names. Returns undefined if
 * at least one of the claims cannot be read. If a claim cannot be read, it is unknown whether a name is present or
 * absent.
 *
 * @param split splits the string of a location that has no separator of its own.
 */
export function readNames(
  claims: JsonObject,
  locations: readonly NameLocation[],
  split: SplitText = ONE_NAME,
): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  for (const { claim, separator } of locations) {
    const value = readClaim(claims, claim);
    const list = separator === undefined ? listNames(value, split) : splitNames(value, separator);
    if (!list || (value === undefined && findObstacle(claims, claim))) {
      return undefined;
    }
    for (const name of list) {
      names.add(name);
    }
  }
  return names;
}
