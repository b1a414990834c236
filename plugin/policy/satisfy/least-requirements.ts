import type { Alternative, Membership, Requirements } from "../../core/model/policy.ts";

/**
 * Requirements that ask for nothing. A caller of this function replaces one of the requirements. The pipeline's stages
 * then check nothing else.
 */

const NO_NAMES: Membership = { allOf: [], anyOf: [], noneOf: [] };

/** Accepts every valid token of these issuers. */
export function acceptAll(accept: ReadonlySet<string>, audiences: Alternative["audiences"]): Alternative {
  return {
    accept,
    audiences,
    scopes: NO_NAMES,
    roles: NO_NAMES,
    groups: NO_NAMES,
    conditions: [],
    authentication: undefined,
  };
}

/** The requirements of the rule, as if the rule had only this alternative. */
export function requireOnly(alternative: Alternative): Requirements {
  return {
    access: "required",
    mode: "enforce",
    allowsHttp: false,
    otherAuthentication: "ignore",
    passesPreflight: false,
    comparedHeaders: [],
    accept: alternative.accept,
    alternatives: [alternative],
  };
}

/** Makes a requirement that has only these lists of names. All other lists are empty. */
export function requireNames(names: Partial<Membership>): Membership {
  return { ...NO_NAMES, ...names };
}
