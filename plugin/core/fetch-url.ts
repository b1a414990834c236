/**
 * Whether keys may be fetched from a URL: https anywhere, http only on loopback, and nothing in it that could smuggle a
 * different target past the reader.
 */
export function isFetchAllowed(text: string): boolean {
  if (!URL.canParse(text)) {
    return false;
  }
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  const isLoopback = hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
  const isPlain = username === "" && password === "" && search === "" && hash === "";
  return isPlain && (protocol === "https:" || (protocol === "http:" && isLoopback));
}
