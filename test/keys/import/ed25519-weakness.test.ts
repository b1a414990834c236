import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, it } from "vitest";
import { findEd25519Weakness } from "../../../plugin/keys/import/ed25519-weakness.ts";
import { rereadKey } from "../../../sandbox/stand-in/reread-key.ts";

const keyOf = (point: string): KeyObject =>
  createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(point, "hex").toString("base64url") },
    format: "jwk",
  });

/** The same y coordinate with the other sign of x. */
const withSign = (point: string): string =>
  `${point.slice(0, 62)}${(Number.parseInt(point.slice(62), 16) | 0x80).toString(16)}`;

const P = 2n ** 255n - 19n;
const D = (-121665n * power(121666n, P - 2n) + P * P) % P;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let bits = exponent, square = base % P; bits > 0n; bits >>= 1n, square = (square * square) % P) {
    result = bits & 1n ? (result * square) % P : result;
  }
  return result;
}

/**
 * The y of 2 (x, y), computed from y alone (RFC 8032 section 5.1): x² is (y² - 1) / (d y² + 1), and y' is (y² + x²) /
 * (1 - d x² y²).
 */
function double(y: bigint): bigint {
  const y2 = (y * y) % P;
  const x2 = ((y2 - 1n + P) * power(D * y2 + 1n, P - 2n)) % P;
  return ((y2 + x2) * power((1n + P * P - ((D * x2) % P) * y2) % P, P - 2n)) % P;
}

/** Whether eight times the point is the neutral element, the only point with y = 1. */
function isOfSmallOrder(point: string): boolean {
  const y = BigInt(`0x${Buffer.from(point, "hex").reverse().toString("hex")}`) % P;
  return double(double(double(y))) === 1n;
}

describe("findEd25519Weakness", () => {
  it.each([
    ["0, of order four", "00".repeat(32)],
    ["1, the neutral element", `01${"00".repeat(31)}`],
    ["of order eight", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"],
    ["of order eight, the other one", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"],
    ["p - 1, of order two", `ec${"ff".repeat(30)}7f`],
    ["p, another spelling of 0", `ed${"ff".repeat(30)}7f`],
    ["p + 1, another spelling of 1", `ee${"ff".repeat(30)}7f`],
  ])("finds the point with y = %s, with either sign of x", (_what, point) => {
    expect(isOfSmallOrder(point)).toBe(true);
    expect(findEd25519Weakness(keyOf(point))).toBe(
      "an Ed25519 key of small order: anyone can make signatures that are valid for this key",
    );
    expect(findEd25519Weakness(keyOf(withSign(point)))).toMatch(/small order/);
  });

  it("finds nothing wrong with a fresh key", () => {
    const { publicKey } = generateKeyPairSync("ed25519");
    const { x = "" } = rereadKey(publicKey).export({ format: "jwk" });
    const point = Buffer.from(x, "base64url");
    point[31] = (point[31] ?? 0) & 0x7f;
    expect(isOfSmallOrder(point.toString("hex"))).toBe(false);
    expect(findEd25519Weakness(publicKey)).toBeUndefined();
  });

  it("ignores keys of other types", () => {
    expect(findEd25519Weakness(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey)).toBeUndefined();
  });
});
