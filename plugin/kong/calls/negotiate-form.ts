import Negotiator from "negotiator";

/**
 * Maximum length of `Accept`, and maximum number of its media ranges. No honest client sends more, so the plugin
 * ignores a longer header.
 */
const MAX_ACCEPT_LENGTH = 256;
const MAX_MEDIA_RANGES = 10;
const KONG_FORM = "application/json";
const PROBLEM_DETAILS = "application/problem+json";

/**
 * Whether a client prefers problem details to Kong's own form (RFC 9110 section 12.5.1). If a client accepts both forms
 * equally, or sends no preference, the client gets Kong's form.
 *
 * @param accept the request's `Accept`.
 */
export function prefersProblemDetails(accept: string | undefined): boolean {
  if (accept === undefined || accept.length > MAX_ACCEPT_LENGTH || hasManyRanges(accept)) {
    return false;
  }
  const [preferred] = new Negotiator({ headers: { accept } }).mediaTypes([KONG_FORM, PROBLEM_DETAILS]);
  return preferred === PROBLEM_DETAILS;
}

/** Empty ranges count too, because reading an empty range takes as long as reading any other range. */
function hasManyRanges(accept: string): boolean {
  return accept.split(",", MAX_MEDIA_RANGES + 1).length > MAX_MEDIA_RANGES;
}
