import { checkPrimeSync, createPublicKey, generateKeyPairSync, generatePrimeSync, type KeyObject } from "node:crypto";
import { describe, expect, it } from "vitest";
import { findRsaWeakness } from "../../../plugin/keys/import/rsa-weakness.ts";
import { rereadKey } from "../../../sandbox/stand-in/reread-key.ts";

const base64url = (value: bigint): string => {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex").toString("base64url");
};

const keyOf = (modulus: bigint, exponent = 65_537n): KeyObject =>
  createPublicKey({ key: { kty: "RSA", n: base64url(modulus), e: base64url(exponent) }, format: "jwk" });

/** The product with another such prime has the full length. */
function sturdyPrime(): bigint {
  for (;;) {
    const candidate = generatePrimeSync(1024, { bigint: true });
    if (candidate > 3n << 1022n) {
      return candidate;
    }
  }
}

/** The product of all primes below a bound. */
function primorial(bound: number): bigint {
  let product = 1n;
  for (let number = 2n; number < bound; number += 1n) {
    product *= checkPrimeSync(number) ? number : 1n;
  }
  return product;
}

function power(base: bigint, exponent: number, modulus: bigint): bigint {
  let result = 1n;
  for (let count = 0; count < exponent; count += 1) {
    result = (result * base) % modulus;
  }
  return result;
}

/** A prime of 1,024 bits in the form of the faulty chips: k * M + (65537^a mod M). */
function faultyPrime(a: number): bigint {
  const m = primorial(702);
  const rest = power(65_537n, a, m);
  for (let k = (3n << 1022n) / m + 1n; ; k += 1n) {
    const candidate = k * m + rest;
    if (checkPrimeSync(candidate)) {
      return candidate;
    }
  }
}

const sound = rereadKey(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey);

describe("findRsaWeakness", () => {
  it("finds nothing wrong with a fresh key", () => {
    expect(findRsaWeakness(sound)).toBeUndefined();
  });

  it("ignores keys of other types", () => {
    expect(findRsaWeakness(generateKeyPairSync("ed25519").publicKey)).toBeUndefined();
  });

  it("recognises keys of CVE-2017-15361", () => {
    const roca = keyOf(faultyPrime(1_234) * faultyPrime(77_777));
    expect(findRsaWeakness(roca)).toMatch(/faulty chip \(CVE-2017-15361\)/);
  });

  it("accepts a key with only one prime of this kind, because no attack on it is known", () => {
    expect(findRsaWeakness(keyOf(faultyPrime(1_234) * sturdyPrime()))).toBeUndefined();
  });

  const smallPrimes = Array.from({ length: 166 }, (_, index) => BigInt(index + 2)).filter((n) => checkPrimeSync(n));
  it.each(smallPrimes)("finds the factor %s", (factor) => {
    const { n = "" } = sound.export({ format: "jwk" });
    const modulus = BigInt(`0x${Buffer.from(n, "base64url").toString("hex")}`);
    let other = modulus / factor;
    while (gcd(other, primorial(168)) !== 1n) {
      other -= 1n;
    }
    expect(findRsaWeakness(keyOf(factor * other))).toMatch(/small factor/);
  });

  it.each<[what: string, bits: number, weakness: RegExp | undefined]>([
    ["2047 bits", 2047, /of 2047 bits; only 2048 to 8192 bits are allowed/],
    ["2048 bits", 2048, undefined],
    ["8192 bits", 8192, undefined],
    ["8193 bits", 8193, /of 8193 bits/],
  ])("%s", (_what, bits, weakness) => {
    // The greatest number of this length without a small factor. The number is not a product of two primes, but the
    // plugin does not check this.
    const parts = primorial(168);
    let modulus = (1n << BigInt(bits)) - 1n;
    while (gcd(modulus, parts) !== 1n) {
      modulus -= 1n;
    }
    const found = findRsaWeakness(keyOf(modulus));
    expect(found).toEqual(weakness === undefined ? undefined : expect.stringMatching(weakness));
  });

  it.each<[e: bigint, isUsed: boolean]>([
    [1n, false],
    [2n, false],
    [3n, true],
    [4n, false],
    [17n, true],
    [65_536n, false],
    [2n ** 32n - 1n, true],
    [2n ** 32n + 1n, false],
  ])("a public exponent of %s", (exponent, isUsed) => {
    const { n = "" } = sound.export({ format: "jwk" });
    const modulus = BigInt(`0x${Buffer.from(n, "base64url").toString("hex")}`);
    expect(findRsaWeakness(keyOf(modulus, exponent)) === undefined).toBe(isUsed);
  });
});

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}
