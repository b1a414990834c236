import { createPublicKey } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CHECK_OVERLOADED,
  SIGNATURE_INVALID,
  type SignatureCheck,
  type VerificationKey,
} from "../../../plugin/core/model/key.ts";
import { PASSED } from "../../../plugin/core/model/result.ts";
import { createTryingKey } from "../../../plugin/keys/verify/try-keys.ts";
import { createVerificationKey } from "../../../plugin/keys/verify/verification-key.ts";
import { ISSUER } from "../../core/fixtures.ts";
import { generateSigningKey, type SigningAlgorithm, signBytes } from "../../tokens.ts";

const INPUT = Buffer.from("signed");

/** Keys that give the specified results, immediately or later. A record shows the used keys. */
function keysThat(
  ...answers: readonly (readonly [check: SignatureCheck, isLater: boolean])[]
): readonly [asked: number[], trying: VerificationKey] {
  const asked: number[] = [];
  const [first, ...others] = answers.map(
    ([check, isLater], index): VerificationKey => ({
      issuer: ISSUER,
      kid: `${index}`,
      algorithm: "ES512",
      verify() {
        asked.push(index);
        return isLater ? Promise.resolve(check) : check;
      },
    }),
  );
  return [asked, createTryingKey([first as VerificationKey, ...others])];
}

it("stops at the first key that verifies, or that cannot be checked in time, and tries each key once", async () => {
  const answer = fc.tuple(fc.constantFrom(PASSED, SIGNATURE_INVALID, CHECK_OVERLOADED), fc.boolean());
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 4 }), async (answers) => {
      const [asked, trying] = keysThat(...answers);
      const last = answers.findIndex(([check]) => check !== SIGNATURE_INVALID);
      const end = last === -1 ? answers.length : last + 1;
      expect(await trying.verify(INPUT, INPUT)).toBe(last === -1 ? SIGNATURE_INVALID : answers[last]?.[0]);
      expect(asked).toEqual(Array.from({ length: end }, (_, index) => index));
    }),
  );
});

it("answers without a promise as long as no key needs one", () => {
  const [, trying] = keysThat([SIGNATURE_INVALID, false], [PASSED, false]);
  expect(trying.verify(INPUT, INPUT)).toBe(PASSED);
});

it("begins a slow check only after the previous check has ended, so that one token never has two slots", async () => {
  let running = 0;
  const slow = (): VerificationKey => ({
    issuer: ISSUER,
    kid: undefined,
    algorithm: "ES512",
    async verify() {
      running += 1;
      expect(running).toBe(1);
      await Promise.resolve();
      running -= 1;
      return SIGNATURE_INVALID;
    },
  });
  expect(await createTryingKey([slow(), slow(), slow(), slow()]).verify(INPUT, INPUT)).toBe(SIGNATURE_INVALID);
});

describe.each<SigningAlgorithm>(["RS256", "ES256", "ES512", "Ed25519"])("with real keys for %s", (alg) => {
  const keys = ["a", "b", "c"].map((kid) => generateSigningKey(alg, kid));
  const [first, ...others] = keys.map(({ publicJwk, kid }) =>
    createVerificationKey(ISSUER, kid, alg, createPublicKey({ key: publicJwk, format: "jwk" })),
  );
  const trying = createTryingKey([first as VerificationKey, ...others]);

  it("each key verifies a token without kid, and a foreign key does not", async () => {
    expect([trying.kid, trying.algorithm, trying.candidates]).toEqual([undefined, alg, 3]);
    for (const key of keys) {
      expect(await trying.verify(INPUT, signBytes(key, INPUT))).toBe(PASSED);
    }
    expect(await trying.verify(INPUT, signBytes(generateSigningKey(alg, "a"), INPUT))).toBe(SIGNATURE_INVALID);
    expect(await trying.verify(INPUT, new Uint8Array())).toBe(SIGNATURE_INVALID);
  });
});
