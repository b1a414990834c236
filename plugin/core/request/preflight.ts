import type { RequestFacts } from "../model/request.ts";

/**
 * The method that a CORS preflight asks for; undefined for every other request. Browsers send preflights without credentials (Fetch
 * standard, section "CORS-preflight fetch"). So a request with credentials is not a preflight.
 *
 * @param isBare whether the request has no credentials in any token source.
 */
export function readPreflight(
  { requestLine, authorization, headers }: RequestFacts,
  isBare: boolean,
): string | undefined {
  const isPreflight =
    requestLine?.method === "OPTIONS" && headers.has("origin") && authorization === undefined && isBare;
  return isPreflight ? headers.get("access-control-request-method") : undefined;
}
