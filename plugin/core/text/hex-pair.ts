/** The result of {@link readHexPair} if the two characters are not both hexadecimal digits. */
export const NO_HEX = -1;

/** Reads the two hexadecimal digits at `position` as one byte, for example the digits after the `%` of an escape. */
export function readHexPair(text: string, position: number): number {
  const high = hexDigit(text.charCodeAt(position));
  const low = hexDigit(text.charCodeAt(position + 1));
  return high === NO_HEX || low === NO_HEX ? NO_HEX : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) {
    return code - 0x30;
  }
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : NO_HEX;
}
