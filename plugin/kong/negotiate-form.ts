import Negotiator from "negotiator";

/** Longer ones are not worth reading: no client that means it needs as much. */
const MAX_ACCEPT_LENGTH = 256;
const KONG_FORM = "application/json";
const PROBLEM_DETAILS = "application/problem+json";

/**
 * Whether a client would rather have problem details than Kong's own form (RFC 9110 section 12.5.1). Who takes both alike, or says
 * nothing, gets Kong's.
 *
 * @param accept the request's `Accept`.
 */
export function prefersProblemDetails(accept: string | undefined): boolean {
  if (accept === undefined || accept.length > MAX_ACCEPT_LENGTH) {
    return false;
  }
  const [preferred] = new Negotiator({ headers: { accept } }).mediaTypes([KONG_FORM, PROBLEM_DETAILS]);
  return preferred === PROBLEM_DETAILS;
}
