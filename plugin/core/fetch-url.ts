/** Visible ASCII but for `?`, `#`, `@` and the backslash, which URL parsers take in ways that readers overlook. */
const PLAIN_URL = /^[!"$->A-[\]-~]+$/;

/**
 * Whether keys may be fetched from a URL: https anywhere, http only on loopback, and nothing in it that could smuggle a
 * different target past the reader.
 */
export function isFetchAllowed(text: string): boolean {
  if (!PLAIN_URL.test(text) || !URL.canParse(text)) {
    return false;
  }
  const { protocol, hostname } = new URL(text);
  const isLoopback = hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
  return protocol === "https:" || (protocol === "http:" && isLoopback);
}
