import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createVerificationKey } from "../../plugin/keys/verification-key.ts";

const INPUT = Buffer.from("a.b");
const MAX_IN_FLIGHT = 256;

function keyOf(algorithm: "ES384" | "ES512") {
  const [namedCurve, hash] = algorithm === "ES384" ? ["P-384", "sha384"] : ["P-521", "sha512"];
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve });
  return {
    key: createVerificationKey("https://idp.example", undefined, algorithm, publicKey),
    signature: sign(hash, INPUT, { key: privateKey, dsaEncoding: "ieee-p1363" }),
  };
}

describe("slow signatures are checked on other threads", () => {
  it.each(["ES384", "ES512"] as const)("%s", async (algorithm) => {
    const { key, signature } = keyOf(algorithm);
    const check = key.verify(INPUT, signature);
    expect(check).toBeInstanceOf(Promise);
    expect(await check).toBe(true);
    expect(await key.verify(Buffer.from("a.c"), signature)).toBe(false);
  });

  it("but a signature of the wrong length costs nothing", () => {
    expect(keyOf("ES512").key.verify(INPUT, Buffer.alloc(131))).toBe(false);
  });

  it("and no more than 256 at a time, whatever key they are for; the next is not judged at all", async () => {
    const one = keyOf("ES384");
    const other = keyOf("ES512");
    const checks = Array.from({ length: MAX_IN_FLIGHT }, (_, index) =>
      index % 2 === 0 ? one.key.verify(INPUT, one.signature) : other.key.verify(INPUT, other.signature),
    );
    expect([one.key.verify(INPUT, one.signature), other.key.verify(INPUT, other.signature)]).toEqual([
      undefined,
      undefined,
    ]);
    expect(new Set(await Promise.all(checks))).toEqual(new Set([true]));
    expect(await one.key.verify(INPUT, one.signature)).toBe(true);
  });
});
