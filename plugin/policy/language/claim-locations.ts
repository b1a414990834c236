import type { ClaimLocations, FirstClaim } from "../../../schema/generated/policy-document.ts";
import { type ClaimReference, type NameLocation, parseClaimReference } from "../../core/model/claim-reference.ts";

/** Compiles the claims that contain names such as roles: one claim, a claim with a separator, or a list of these. */
export function compileClaimLocations(source: ClaimLocations): readonly NameLocation[] {
  return [source]
    .flat()
    .map((location) =>
      typeof location === "string"
        ? { claim: parseClaimReference(location), separator: undefined }
        : { claim: parseClaimReference(location.claim), separator: location.separator },
    );
}

/** Compiles one claim, or several claims of which the plugin uses the first that is in the token. */
export function compileFirstClaim(source: FirstClaim): readonly ClaimReference[] {
  return [source].flat().map(parseClaimReference);
}
