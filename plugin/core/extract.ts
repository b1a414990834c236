import type { Denial } from "./denial.ts";

// RFC 6750 section 2.1: "Bearer" 1*SP b64token; the scheme is case-insensitive (RFC 9110 section 11.1).
const BEARER = /^bearer +/i;
const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * Takes the bearer token from the Authorization header.
 *
 * @param maxTokenBytes checked before anything looks inside the token.
 */
export function extractToken(
  authorization: string | undefined,
  maxTokenBytes: number,
): { readonly token: string } | Denial {
  const credentials = authorization ?? "";
  const scheme = BEARER.exec(credentials);
  if (scheme === null) {
    return { reason: "token_missing" };
  }
  const token = credentials.slice(scheme[0].length);
  if (token === "") {
    return { reason: "token_missing" };
  }
  // Characters beyond ASCII are refused below, so that characters are bytes.
  if (token.length > maxTokenBytes) {
    return { reason: "token_too_large", detail: `${token.length} bytes, at most ${maxTokenBytes} are allowed` };
  }
  if (token.includes(",")) {
    return { reason: "token_ambiguous" };
  }
  return B64TOKEN.test(token) ? { token } : { reason: "authorization_malformed" };
}
