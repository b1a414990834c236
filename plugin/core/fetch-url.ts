/** Visible ASCII but for `#`, `@` and the backslash, which URL parsers take in ways that readers overlook. */
const PLAIN_URL = /^[!"$-?A-[\]-~]+$/;

export interface FetchUrlRules {
  /** Plain http to any host, because the policy says so of this very issuer. */
  readonly allowHttp?: boolean;
  /** A query, as in addresses that are used as they stand. Behind an issuer's a path is put, which a query would swallow. */
  readonly allowQuery?: boolean;
}

/**
 * Whether keys may be fetched from a URL: https anywhere, http only on loopback unless the rules say otherwise, and nothing in
 * it that could smuggle a different target past the reader.
 */
export function isFetchAllowed(text: string, { allowHttp = false, allowQuery = false }: FetchUrlRules = {}): boolean {
  if (!PLAIN_URL.test(text) || (!allowQuery && text.includes("?")) || !URL.canParse(text)) {
    return false;
  }
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || (protocol === "http:" && (allowHttp || isLoopbackName(hostname)));
}

/**
 * Whether a URL's host says by itself that it is this machine.
 *
 * @param hostname as `URL` has it, which writes every spelling of an address in one way.
 */
export function isLoopbackName(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
