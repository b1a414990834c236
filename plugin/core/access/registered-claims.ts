import { showValue } from "../detail/describe-claim.ts";
import { isJsonObject, type JsonObject, type JsonValue, roundNumber } from "../json/json.ts";
import { fail, PASSED, type Result } from "../model/result.ts";

interface ClaimType {
  readonly is: (value: JsonValue) => boolean;
  readonly name: string;
}

const STRING: ClaimType = { is: (value) => typeof value === "string", name: "a string" };
const STRINGS: ClaimType = { is: isListOfStrings, name: "a list of strings" };
const STRING_OR_STRINGS: ClaimType = {
  is: (value) => typeof value === "string" || isListOfStrings(value),
  name: "a string or a list of strings",
};
const OBJECT: ClaimType = { is: (value) => isJsonObject(value), name: "an object" };
const TIME: ClaimType = { is: (value) => (roundNumber(value) ?? -1) >= 0, name: "a time in seconds since 1970" };

/** The `typ` of JWT access tokens (RFC 9068 section 2.1). */
const ACCESS_TOKEN_TYPE = "at+jwt";

/**
 * For each listed claim, the type that the claim must have in every token. The module validate-claims.ts checks the
 * times `exp`, `nbf` and `iat`.
 */
const TYPES: readonly (readonly [claim: string, type: ClaimType])[] = [
  // RFC 7519 section 4.1.
  ["iss", STRING],
  ["sub", STRING],
  ["aud", STRING_OR_STRINGS],
  ["jti", STRING],
  // RFC 8693 section 4. Several providers write the scopes as a list.
  ["client_id", STRING],
  ["scope", STRING_OR_STRINGS],
  ["act", OBJECT],
  ["may_act", OBJECT],
  // OpenID Connect Core section 2, and Front-Channel Logout section 3.
  ["azp", STRING],
  ["nonce", STRING],
  ["sid", STRING],
];

/**
 * Types that RFC 9068 section 2.2.1 requires in a token with `typ` `at+jwt`. Tokens with another `typ` may have other
 * types: for example, AD FS writes `auth_time` as a date, and Supabase writes `amr` as a list of maps. In tokens with
 * another `typ`, an `auth_time` or `amr` of an unexpected type does not satisfy the `authentication` of any rule.
 */
const ACCESS_TOKEN_TYPES: typeof TYPES = [
  ["auth_time", TIME],
  ["acr", STRING],
  ["amr", STRINGS],
];

/**
 * Checks the types of the registered claims. The failure names the first claim with a wrong type, and the type that it
 * must have.
 *
 * @param type the token's `typ`, in lower case and without `application/`.
 */
export function checkTypes(type: string | undefined, claims: JsonObject): Result<undefined, string> {
  const common = checkEach(TYPES, claims);
  return common.ok && type === ACCESS_TOKEN_TYPE ? checkEach(ACCESS_TOKEN_TYPES, claims) : common;
}

function checkEach(types: typeof TYPES, claims: JsonObject): Result<undefined, string> {
  for (const [claim, type] of types) {
    const value = claims[claim];
    if (value !== undefined && !type.is(value)) {
      return fail(`${claim} is not ${type.name}: it is ${showValue(claim, value)}`);
    }
  }
  return PASSED;
}

function isListOfStrings(value: JsonValue): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
