import type { ClaimLocations, FirstClaim } from "../../../schema/generated/policy-document.ts";
import { type ClaimReference, type NameLocation, parseClaimReference } from "../../core/model/claim-reference.ts";

/**
 * Compiles the claims that contain names, such as roles. The document has one claim, one claim with a separator, or a
 * list of such claims.
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
 * Compiles one claim or several claims. If there are several claims, the plugin uses the first listed claim that is
 * present in the token.
 */
export function compileFirstClaim(source: FirstClaim): readonly ClaimReference[] {
  return [source].flat().map(parseClaimReference);
}
