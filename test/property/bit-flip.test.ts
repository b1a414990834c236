import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import type { RequestFacts } from "../../plugin/core/model/request.ts";
import { claimsOf, compileDocument, inlineIssuer, NOW, policyDocument, requestOf } from "../core/fixtures.ts";
import { createInlineKeys } from "../core/inline-keys.ts";
import { isThorough, runsOf } from "../runs.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";

const algorithms = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"] as const;
// A check with the curves of these algorithms takes a millisecond, so the test flips fewer bits.
const slowAlgorithms: readonly string[] = ["ES384", "ES512"];
const signingKeys = [...algorithms, "ES384" as const, "ES512" as const].map((alg) => generateSigningKey(alg, alg));
// No required typ, clock or scope is in the way, so only the signature can notice the change.
const policy = compileDocument(
  policyDocument(inlineIssuer(signingKeys, { token_type: "any" }), { routes: { read: {} } }),
);
const keys = createInlineKeys();
const verdictOf = async (facts: RequestFacts): Promise<string> =>
  (await decide(facts, policy, keys, () => NOW)).verdict;

describe.each(signingKeys.map((key) => [key.alg, key] as const))("%s", (_alg, key) => {
  const token = mintToken({ key, claims: claimsOf() });

  it("allows the token as it was signed", async () => {
    expect(await verdictOf(requestOf(token))).toBe("allow");
  });

  const bytesPerBit = (isThorough ? 1 / 8 : 2) * (slowAlgorithms.includes(key.alg) ? 8 : 1);
  /** All bits of each byte. Or only one bit of every byte, or one bit of every few bytes. */
  const bitsOf = (at: number): readonly number[] => {
    if (bytesPerBit < 1) {
      return [0, 1, 2, 3, 4, 5, 6, 7];
    }
    return at % bytesPerBit === 0 ? [(at / bytesPerBit) % 8] : [];
  };

  it.each(["header", "payload", "signature"].map((name, index) => [name, index] as const))(
    "denies the token after any single bit of the %s was flipped",
    async (_name, index) => {
      const segments = token.split(".");
      const bytes = Buffer.from(segments[index] ?? "", "base64url");
      const allowed: string[] = [];
      for (const [at, byte] of bytes.entries()) {
        for (const bit of bitsOf(at)) {
          bytes.writeUInt8(byte ^ (1 << bit), at);
          const changed = segments.with(index, bytes.toString("base64url")).join(".");
          bytes.writeUInt8(byte, at);
          if ((await verdictOf(requestOf(changed))) !== "deny") {
            allowed.push(`byte ${at}, bit ${bit}`);
          }
        }
      }
      expect(allowed).toEqual([]);
    },
    60_000,
  );

  it("denies the token after any single bit of its text was flipped", async () => {
    const allowed: string[] = [];
    for (let at = 0; at < token.length; at += 1) {
      for (const bit of bitsOf(at)) {
        const flipped = String.fromCharCode(token.charCodeAt(at) ^ (1 << bit));
        if ((await verdictOf(requestOf(token.slice(0, at) + flipped + token.slice(at + 1)))) !== "deny") {
          allowed.push(`character ${at}, bit ${bit}`);
        }
      }
    }
    expect(allowed).toEqual([]);
  }, 60_000);

  it("denies the token after any character was replaced, removed, doubled, or swapped with its neighbour", async () => {
    const character = fc.string({ minLength: 1, maxLength: 1, unit: "grapheme-ascii" });
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 2), character, fc.nat(3), async (at, other, kind) => {
        const [here = "", next = ""] = token.slice(at, at + 2);
        const replacement = [other + next, next, here + here + next, next + here][kind] ?? "";
        const changed = token.slice(0, at) + replacement + token.slice(at + 2);
        fc.pre(changed !== token);
        expect(await verdictOf(requestOf(changed))).toBe("deny");
      }),
      { numRuns: runsOf(400) },
    );
  });
});
