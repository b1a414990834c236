/**
 * Matches visible ASCII except `#`, `@` and the backslash. With `#`, `@` or a backslash, a human reader may misread
 * which host a URL names.
 */
const PLAIN_URL = /^[!"$-?A-[\]-~]+$/;

export interface FetchUrlRules {
  /** Allows http without TLS to any host, because the policy allows http for this issuer. */
  readonly allowHttp?: boolean;
  /**
   * Allows a query in the URL. Set this option only for URLs that are used unchanged. Without it, a query is refused,
   * for example in an issuer's URL to which a path is appended.
   */
  readonly allowQuery?: boolean;
}

/**
 * Whether keys may be fetched from a URL. https is always allowed. http is allowed only on loopback, unless the options allow it
 * for any host. The URL must not have parts that could hide its real target.
 */
export function isFetchAllowed(text: string, { allowHttp = false, allowQuery = false }: FetchUrlRules = {}): boolean {
  if (!PLAIN_URL.test(text) || (!allowQuery && text.includes("?")) || !URL.canParse(text)) {
    return false;
  }
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || (protocol === "http:" && (allowHttp || isLoopbackName(hostname)));
}

/**
 * Whether the host of a URL is loopback. The function looks only at the name, and does no DNS look-up.
 *
 * @param hostname from `URL`, which normalises every spelling of an address.
 */
export function isLoopbackName(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
