import Negotiator from "negotiator";

/** Maximum length of `Accept`. A longer `Accept` is ignored, because no honest client needs it. */
const MAX_ACCEPT_LENGTH = 256;
const KONG_FORM = "application/json";
const PROBLEM_DETAILS = "application/problem+json";

/**
 * Whether a client prefers problem details to Kong's own form (RFC 9110 section 12.5.1). A client that accepts both equally, or
 * sends no preference, gets Kong's form.
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
