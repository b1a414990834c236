export interface SipKey {
  readonly low: number;
  readonly high: number;
}

/**
 * Computes HalfSipHash-2-4 with 64 bits of output, as two words (https://github.com/veorq/SipHash, halfsiphash.c). The
 * code of a round is written out in both loops, because the hash is computed for each token. With a function call for
 * each round, the hash would take three times as long.
 */
export function halfSipHash({ low, high }: SipKey, bytes: DataView, length: number): readonly [number, number] {
  let v0 = low;
  let v1 = high ^ 0xee;
  let v2 = low ^ 0x6c796765;
  let v3 = high ^ 0x74656462;
  for (let offset = 0; offset <= length; offset += 4) {
    // The last word has the remaining bytes, and the length of the input.
    const word = offset + 4 <= length ? bytes.getInt32(offset, true) : readRest(bytes, offset, length);
    v3 ^= word;
    for (let round = 0; round < 2; round += 1) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    v0 ^= word;
  }
  v2 ^= 0xee;
  let first = 0;
  for (let round = 0; round < 8; round += 1) {
    if (round === 4) {
      first = v1 ^ v3;
      v1 ^= 0xdd;
    }
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  return [first, v1 ^ v3];
}

function readRest(bytes: DataView, offset: number, length: number): number {
  let word = length << 24;
  for (let index = offset; index < length; index += 1) {
    word |= bytes.getUint8(index) << (8 * (index - offset));
  }
  return word;
}
