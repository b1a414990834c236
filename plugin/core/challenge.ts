import { type Denial, denialRow } from "./denial.ts";

/**
 * The WWW-Authenticate value of a denial (RFC 6750 section 3, RFC 9470 section 3), or undefined where none belongs.
 *
 * @param realm the policy's name. At least one parameter must follow `Bearer`, so the bare challenge carries it too.
 */
export function createChallenge(denial: Denial, realm: string): string | undefined {
  const { status, error, told } = denialRow(denial.reason);
  if (error === undefined) {
    return status === 401 ? `Bearer realm="${realm}"` : undefined;
  }
  return `Bearer realm="${realm}", error="${error}", error_description="${told}"${whatToAskFor(denial)}`;
}

/** Everything in it is the policy's own text, whose characters the schema bounds. */
function whatToAskFor(denial: Denial): string {
  switch (denial.reason) {
    case "scope_insufficient":
      return `, scope="${denial.requiredScopes.join(" ")}"`;
    case "authentication_insufficient": {
      const { acrValues, maxAgeSeconds } = denial;
      const acr = acrValues.length === 0 ? "" : `, acr_values="${acrValues.join(" ")}"`;
      return maxAgeSeconds === undefined ? acr : `${acr}, max_age="${maxAgeSeconds}"`;
    }
    default:
      return "";
  }
}
