import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json/json.ts";
import { denialRow, type Reason } from "../../core/model/denial.ts";
import { tryRequest, type Wanted } from "./satisfy-rule.ts";
import type { SatisfyingRequest } from "./write-request.ts";

export interface NearMiss {
  /** The allowed request, but with a valid token that lacks one name or claim. */
  readonly request: SatisfyingRequest;
  /** What the token lacks, such as `scope payments:write`. */
  readonly without: string;
  readonly reason: Reason;
}

const FORBIDDEN = 403;

/**
 * Finds a request that gets 403, because its valid token lacks one required name or claim.
 *
 * @param request a request that the rule allows.
 * @returns the request; undefined if the rule requires only a valid token.
 */
export async function findNearMiss(
  wanted: Pick<Wanted, "policy" | "rule" | "consumers" | "nowSeconds">,
  request: SatisfyingRequest,
): Promise<NearMiss | undefined> {
  const { token } = request;
  for (const { claims, without } of token ? listReduced(token.claims) : []) {
    const reduced = { ...request, token: token && { ...token, claims } };
    const denial = await tryRequest(wanted, reduced);
    if (denial && denialRow(denial.reason).status === FORBIDDEN) {
      return { request: reduced, without, reason: denial.reason };
    }
  }
  return undefined;
}

interface Reduced {
  readonly claims: JsonObject;
  readonly without: string;
}

/**
 * Returns variants of the claims. Each variant lacks one name of a list, or one whole claim. The variants that lack a
 * name come first, because a token usually lacks a scope or a role.
 */
function listReduced(claims: JsonObject): readonly Reduced[] {
  const entries = Object.entries(claims);
  const replace = (name: string, value: JsonValue): JsonObject => ({ ...claims, [name]: value });
  const lessNames = entries.flatMap(([name, value]) =>
    listReducedValues(value).map(({ value: reduced, without }) => ({
      claims: replace(name, reduced),
      without: `${without} in ${name}`,
    })),
  );
  const lessClaims = entries.map(([name]) => ({
    claims: Object.fromEntries(entries.filter(([other]) => other !== name)),
    without: `the claim ${name}`,
  }));
  return [...lessNames, ...lessClaims];
}

function listReducedValues(value: JsonValue): readonly { readonly value: JsonValue; readonly without: string }[] {
  if (typeof value === "string" && value.includes(" ")) {
    const words = value.split(" ");
    return words.map((word) => ({ value: words.filter((other) => other !== word).join(" "), without: word }));
  }
  if (Array.isArray(value)) {
    return value.map((item) => ({ value: value.filter((other) => other !== item), without: String(item) }));
  }
  return isJsonObject(value)
    ? Object.entries(value).flatMap(([name, inner]) =>
        listReducedValues(inner).map((reduced) => ({
          value: { ...value, [name]: reduced.value },
          without: reduced.without,
        })),
      )
    : [];
}
