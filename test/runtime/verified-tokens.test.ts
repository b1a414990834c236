import { describe, expect, it } from "vitest";
import {
  CHECK_OVERLOADED,
  type KeySource,
  SIGNATURE_INVALID,
  type SignatureCheck,
  type VerificationKey,
} from "../../plugin/core/model/key.ts";
import type { CompiledIssuer } from "../../plugin/core/model/policy.ts";
import { fail, PASSED, succeed } from "../../plugin/core/model/result.ts";
import { rememberVerified } from "../../plugin/runtime/verified-tokens.ts";
import { joseHeaderOf } from "../core/fixtures.ts";
import { unwrap } from "../results.ts";

const HEADER = joseHeaderOf({ alg: "RS256", kid: "one" });
const INPUT = new Uint8Array([1, 2, 3]);
const SIGNATURE = new Uint8Array([9, 200, 255]);
const ISSUER = { id: "main" } as CompiledIssuer;

const acceptOne = (signingInput: Uint8Array, signature: Uint8Array): SignatureCheck =>
  Buffer.compare(signingInput, INPUT) === 0 && Buffer.compare(signature, SIGNATURE) === 0 ? PASSED : SIGNATURE_INVALID;

/** A key that counts its uses. By default, it accepts exactly one pair of bytes. */
function countingKey(verify: VerificationKey["verify"] = acceptOne): VerificationKey & { asked: number } {
  const key = {
    ...{ issuer: "https://idp.example", kid: "one", algorithm: "RS256", asked: 0 },
    verify(signingInput: Uint8Array, signature: Uint8Array) {
      key.asked += 1;
      return verify(signingInput, signature);
    },
  };
  return key;
}

const sourceOf = (current: () => VerificationKey): KeySource => ({ find: () => succeed(current()) });

/** A key that counts its checks, and a source that caches valid signatures. */
function counted(verify?: VerificationKey["verify"]) {
  const key = countingKey(verify);
  return { key, source: rememberVerified(sourceOf(() => key)) };
}

async function verifyWith(
  source: KeySource,
  input: Uint8Array = INPUT,
  signature: Uint8Array = SIGNATURE,
): Promise<SignatureCheck> {
  return unwrap(await source.find(ISSUER, HEADER)).verify(input, signature);
}

describe("verified signatures are remembered", () => {
  it("uses the key once for a repeated token", async () => {
    const { key, source } = counted();
    for (let time = 0; time < 3; time += 1) {
      expect(await verifyWith(source)).toBe(PASSED);
    }
    expect(key.asked).toBe(1);
  });

  it("does not accept a remembered signature for another text", async () => {
    const { source } = counted();
    expect(await verifyWith(source)).toBe(PASSED);
    expect(await verifyWith(source, new Uint8Array([1, 2, 4]))).toBe(SIGNATURE_INVALID);
    expect(await verifyWith(source, new Uint8Array([1, 2]))).toBe(SIGNATURE_INVALID);
  });

  it("does not remember a refusal", async () => {
    const { key, source } = counted();
    expect(await verifyWith(source, INPUT, new Uint8Array([1]))).toBe(SIGNATURE_INVALID);
    expect(await verifyWith(source, INPUT, new Uint8Array([1]))).toBe(SIGNATURE_INVALID);
    expect(key.asked).toBe(2);
  });

  it("forgets signatures together with the key: a new key under the same kid verifies again", async () => {
    const old = countingKey();
    let current: VerificationKey = old;
    const source = rememberVerified(sourceOf(() => current));
    expect(await verifyWith(source)).toBe(PASSED);
    current = { ...old, verify: () => SIGNATURE_INVALID };
    expect(await verifyWith(source)).toBe(SIGNATURE_INVALID);
  });

  it.each([
    ["keeps all signatures that fit into exactly 16 MiB", 8 * 1024 * 1024 - 1, 2],
    ["forgets the oldest signatures if all need more than 16 MiB, and then verifies again", 8 * 1024 * 1024, 3],
  ])("%s", async (_what, length, total) => {
    const { key, source } = counted(() => PASSED);
    const half = new Uint8Array(length);
    const [first, second] = [new Uint8Array([1]), new Uint8Array([2])];
    await verifyWith(source, half, first);
    await verifyWith(source, half, first);
    expect(key.asked).toBe(1);
    await verifyWith(source, half, second);
    await verifyWith(source, half, second);
    expect(key.asked).toBe(2);
    await verifyWith(source, half, first);
    expect(key.asked).toBe(total);
  });

  it("another text with the same signature replaces the first, and its size", async () => {
    const { key, source } = counted(() => PASSED);
    const texts = [1, 2].map((first) => new Uint8Array(9 * 1024 * 1024).fill(first, 0, 1));
    for (const text of [...texts, ...texts.slice(1)]) {
      expect(await verifyWith(source, text)).toEqual(PASSED);
    }
    expect(key.asked).toBe(2);
  });

  it.each([{ because: "unknown" }, { because: "unavailable", retryAfterSeconds: 3 }] as const)(
    "reports that there is no key: $because",
    async (missing) => {
      const lookup = fail(missing);
      const waiting: KeySource = { find: async () => lookup };
      expect(await rememberVerified(waiting).find(ISSUER, HEADER)).toEqual(lookup);
    },
  );
});

describe("a check that takes its time", () => {
  /** A key that accepts the signature when the test lets it. */
  function slowKey(answer: SignatureCheck) {
    const release: (() => void)[] = [];
    const { source } = counted(() => new Promise((resolve) => release.push(() => resolve(answer))));
    return { source, release };
  }

  it("runs once for all requests with the same token, and is then remembered", async () => {
    const { source, release } = slowKey(PASSED);
    const checks = [verifyWith(source), verifyWith(source), verifyWith(source)];
    await Promise.resolve();
    expect(release).toHaveLength(1);
    release[0]?.();
    expect(await Promise.all(checks)).toEqual([PASSED, PASSED, PASSED]);
    expect(await verifyWith(source)).toBe(PASSED);
    expect(release).toHaveLength(1);
  });

  it("does not count for another text with the same signature", async () => {
    const { source, release } = slowKey(SIGNATURE_INVALID);
    const checks = [verifyWith(source), verifyWith(source, new Uint8Array([1, 2, 4]))];
    await Promise.resolve();
    expect(release).toHaveLength(2);
    for (const letGo of release) {
      letGo();
    }
    expect(await Promise.all(checks)).toEqual([SIGNATURE_INVALID, SIGNATURE_INVALID]);
  });

  it.each([SIGNATURE_INVALID, CHECK_OVERLOADED])("and returns %j runs again the next time", async (answer) => {
    const { source, release } = slowKey(answer);
    for (const turn of [0, 1]) {
      const check = verifyWith(source);
      await Promise.resolve();
      release[turn]?.();
      expect(await check).toBe(answer);
    }
    expect(release).toHaveLength(2);
  });
});
