import type { ClaimLocations, FirstClaim } from "../../../schema/generated/policy-document.ts";
import { type ClaimReference, type NameLocation, parseClaimReference } from "../../core/model/claim-reference.ts";

/**
 * Compiles the claims with names, such as roles. The document has one claim, a claim with a separator, or a list of
 * both.
 */
export function compileClaimLocations(source: ClaimLocations): readonly NameLocation[] {
  return [source]
    .flat()
    .map((location) =>
      typeof location === "string"
        ? { claim: parseClaimReference(location), separator: undefined }
        : { claim: parseClaimReference(location.claim), separator: location.separator },
    );
}

/**
 * Compiles one claim or several claims. If there are several claims, the plugin uses the first one that the token has.
 */
export function compileFirstClaim(source: FirstClaim): readonly ClaimReference[] {
  return [source].flat().map(parseClaimReference);
}
