import { type Denial, denialRow } from "./denial.ts";

/**
 * The WWW-Authenticate value of a denial (RFC 6750 section 3), or undefined where none belongs.
 *
 * @param realm the policy's name. At least one parameter must follow `Bearer`, so the bare challenge carries it too.
 */
export function createChallenge(denial: Denial, realm: string): string | undefined {
  const { status, error, told } = denialRow(denial.reason);
  if (error === undefined) {
    return status === 401 ? `Bearer realm="${realm}"` : undefined;
  }
  const scope = denial.reason === "scope_insufficient" ? `, scope="${denial.requiredScopes.join(" ")}"` : "";
  return `Bearer realm="${realm}", error="${error}", error_description="${told}"${scope}`;
}
