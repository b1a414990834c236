/**
 * Decoders that return undefined for texts and bytes that they cannot decode. Clients may send such texts with each
 * request. An error records where it happened, which takes up to 30 µs. This is longer than decoding a whole path. So
 * these decoders record nothing.
 */

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Decodes the escapes of a text (RFC 3986 section 2.1).
 *
 * @returns undefined if an escape is broken, or if the escaped bytes are not UTF-8.
 */
export function decodePercent(text: string): string | undefined {
  return text.includes("%") ? decodeQuietly(decodeURIComponent, text) : text;
}

/** @returns undefined if the bytes are not UTF-8 (RFC 3629). */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  return decodeQuietly(decodeFatally, bytes);
}

function decodeFatally(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

function decodeQuietly<T>(decode: (value: T) => string, value: T): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return decode(value);
  } catch {
    return undefined;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
