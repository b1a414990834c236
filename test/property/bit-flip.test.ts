import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import type { RequestFacts } from "../../plugin/core/request.ts";
import { createKeySource } from "../../plugin/keys/key-source.ts";
import { claimsOf, compileDocument, inlineIssuer, NOW, policyDocument, requestOf } from "../core/fixtures.ts";
import { noFiles } from "../keys/no-files.ts";
import { silentLog } from "../logs.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";

const algorithms = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"] as const;
const signingKeys = algorithms.map((alg) => generateSigningKey(alg, alg));
// Without a required typ, clock or scope in the way: only the signature is left to notice the change.
const policy = compileDocument(
  policyDocument(inlineIssuer(signingKeys, { token_type: "any" }), { routes: { read: {} } }),
);
const keys = createKeySource({ now: () => NOW * 1000, log: silentLog, files: noFiles });
const verdictOf = async (facts: RequestFacts): Promise<string> =>
  (await decide(facts, policy, keys, () => NOW)).verdict;

describe.each(signingKeys.map((key) => [key.alg, key] as const))("%s", (_alg, key) => {
  const token = mintToken({ key, claims: claimsOf() });

  it("allows the token as it was signed", async () => {
    expect(await verdictOf(requestOf(token))).toBe("allow");
  });

  it("denies it after any single bit of it was flipped", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.nat(7), async (at, bit) => {
        const flipped = String.fromCharCode(token.charCodeAt(at) ^ (1 << bit));
        const changed = token.slice(0, at) + flipped + token.slice(at + 1);
        expect(await verdictOf(requestOf(changed))).toBe("deny");
      }),
      { numRuns: 400 },
    );
  });

  it("denies it after any character was replaced, removed, doubled, or swapped with its neighbour", async () => {
    const character = fc.string({ minLength: 1, maxLength: 1, unit: "grapheme-ascii" });
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 2), character, fc.nat(3), async (at, other, kind) => {
        const [here = "", next = ""] = token.slice(at, at + 2);
        const replacement = [other + next, next, here + here + next, next + here][kind] ?? "";
        const changed = token.slice(0, at) + replacement + token.slice(at + 2);
        fc.pre(changed !== token);
        expect(await verdictOf(requestOf(changed))).toBe("deny");
      }),
      { numRuns: 400 },
    );
  });
});
