/** Canonical base64url without padding (RFC 7515 section 2, RFC 4648 section 3.5). */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const INVALID = 255;
const SEXTET_OF_CODE = new Uint8Array(128).fill(INVALID);
for (const [sextet, character] of [...ALPHABET].entries()) {
  SEXTET_OF_CODE[character.charCodeAt(0)] = sextet;
}

/**
 * Decodes one segment of a token. Rejects every other way to write the same bytes: padding, whitespace, and `+` and `/`
 * of the standard alphabet. Also rejects a length that no encoder produces, and left-over bits that are not zero.
 * Returns undefined for a rejected text.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const remainder = text.length % 4;
  if (remainder === 1) {
    return undefined;
  }
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8));
  let written = 0;
  let bits = 0;
  let bitCount = 0;
  for (let index = 0; index < text.length; index += 1) {
    const sextet = SEXTET_OF_CODE[text.charCodeAt(index)] ?? INVALID;
    if (sextet === INVALID) {
      return undefined;
    }
    bits = ((bits << 6) | sextet) & 0xffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[written] = (bits >> bitCount) & 0xff;
      written += 1;
    }
  }
  const leftOver = bits & ((1 << bitCount) - 1);
  return leftOver === 0 ? bytes : undefined;
}

/** Canonical base64url of bytes, without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff;
    bitCount += 8;
    while (bitCount >= 6) {
      bitCount -= 6;
      text += ALPHABET[(bits >> bitCount) & 0x3f];
    }
  }
  return bitCount === 0 ? text : text + ALPHABET[(bits << (6 - bitCount)) & 0x3f];
}
