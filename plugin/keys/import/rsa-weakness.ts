import type { KeyObject } from "node:crypto";

const MIN_BITS = 2048;
const MAX_BITS = 8192;
const MAX_EXPONENT = 2n ** 32n - 1n;

/**
 * The odd primes up to 167, which are enough to recognise the keys of CVE-2017-15361 (ROCA). For a key without the
 * weakness, the probability of a wrong rejection is below 1 in 2^27.
 */
const PRIMES = [
  ...[3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109],
  ...[113, 127, 131, 137, 139, 149, 151, 157, 163, 167],
] as const;

/** For each prime, the remainders of the powers of 65537 modulo that prime. */
const POWERS_OF_65537: ReadonlyMap<number, ReadonlySet<number>> = new Map(
  PRIMES.map((prime) => {
    const powers = new Set<number>();
    for (let power = 1; !powers.has(power); power = (power * 65_537) % prime) {
      powers.add(power);
    }
    return [prime, powers];
  }),
);

/**
 * Says why an RSA key is not suitable: it is too weak, or it makes signature checks too slow. Returns undefined for a
 * suitable key, and for keys of other types. The faulty chips of CVE-2017-15361 (ROCA) made primes with this property:
 * modulo many small primes, the prime is a power of 65537. The modulus is the product of two such primes, so the
 * modulus has the same property. The check recognises the key by this property. Anyone can factor such a key.
 */
export function findRsaWeakness(publicKey: KeyObject): string | undefined {
  const { asymmetricKeyType, asymmetricKeyDetails } = publicKey;
  if (asymmetricKeyType !== "rsa") {
    return undefined;
  }
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_BITS || modulusLength > MAX_BITS) {
    return `an RSA key of ${modulusLength} bits; only ${MIN_BITS} to ${MAX_BITS} bits are allowed`;
  }
  // A key with an even or tiny exponent gives no protection. With a huge exponent, which is unusual, every signature check takes
  // milliseconds.
  if (publicExponent < 3n || publicExponent % 2n === 0n || publicExponent > MAX_EXPONENT) {
    return "an RSA key with an unusable public exponent";
  }
  const { n = "" } = publicKey.export({ format: "jwk" });
  const modulus = BigInt(`0x${Buffer.from(n, "base64url").toString("hex")}`);
  const remainders = PRIMES.map((prime) => Number(modulus % BigInt(prime)));
  if (modulus % 2n === 0n || remainders.includes(0)) {
    return "an RSA key whose modulus has a small factor: anyone can make signatures that are valid for this key";
  }
  return PRIMES.every((prime, index) => POWERS_OF_65537.get(prime)?.has(remainders[index] ?? 0))
    ? "an RSA key made by a faulty chip (CVE-2017-15361): anyone can factor it"
    : undefined;
}
