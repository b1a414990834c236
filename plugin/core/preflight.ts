import type { RequestFacts } from "./request.ts";

/**
 * The method that a CORS preflight asks for; undefined for every other request. Browsers send it without credentials (Fetch
 * standard, section "CORS-preflight fetch"): what carries any is judged like any other request.
 *
 * @param isBare whether no source carries anything.
 */
export function readPreflight(
  { requestLine, authorization, headers }: RequestFacts,
  isBare: boolean,
): string | undefined {
  const isPreflight =
    requestLine?.method === "OPTIONS" && headers.has("origin") && authorization === undefined && isBare;
  return isPreflight ? headers.get("access-control-request-method") : undefined;
}
