import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { SIGNATURE_INVALID } from "../../../plugin/core/model/key.ts";
import { PASSED } from "../../../plugin/core/model/result.ts";
import { createVerificationKey } from "../../../plugin/keys/verify/verification-key.ts";

const INPUT = Buffer.from("a.b");

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
    expect(await check).toBe(PASSED);
    expect(await key.verify(Buffer.from("a.c"), signature)).toBe(SIGNATURE_INVALID);
  });

  it("but a signature of the wrong length costs nothing", () => {
    expect(keyOf("ES512").key.verify(INPUT, Buffer.alloc(131))).toBe(SIGNATURE_INVALID);
  });

  it("also all signatures in a burst of 100, for any key", async () => {
    // The clock is fixed. With a real clock, the plugin would give up a check that waits too long.
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const one = keyOf("ES384");
    const other = keyOf("ES512");
    const checks = Array.from({ length: 100 }, (_, index) =>
      index % 2 === 0 ? one.key.verify(INPUT, one.signature) : other.key.verify(INPUT, other.signature),
    );
    expect(new Set(await Promise.all(checks))).toEqual(new Set([PASSED]));
  });
});
