import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SIGNATURE_INVALID, type VerificationKey } from "../../../plugin/core/model/key.ts";
import { indexKeys, selectKey } from "../../../plugin/keys/import/select-key.ts";
import { ISSUER, joseHeaderOf } from "../../core/fixtures.ts";

interface TestKey extends VerificationKey {
  readonly thumbprint: string;
  readonly certificateNames: readonly string[];
}

/**
 * Keys in the form `kid:algorithm`. If the thumbprint matters, `:thumbprint` follows. `-` means no kid. The names of
 * the certificate follow after blanks: `5=` for x5t and `256=` for x5t#S256.
 */
function keyOf(text: string, index: number): TestKey {
  const [names = "", ...certificate] = text.split(" ");
  const [kid = "", algorithm = "", thumbprint = `thumbprint ${index}`] = names.split(":");
  const certificateNames = certificate.map((name) => name.replace(/^5=/, "x5t ").replace(/^256=/, "x5t#S256 "));
  const verify = () => SIGNATURE_INVALID;
  return { issuer: ISSUER, kid: kid === "-" ? undefined : kid, algorithm, verify, thumbprint, certificateNames };
}

interface Names {
  readonly kid?: string;
  readonly x5t?: string;
  readonly x5tS256?: string;
}

function select(keys: readonly VerificationKey[], names: Names, alg = "ES256"): string {
  const selected = selectKey(indexKeys(keys), joseHeaderOf({ kid: undefined, ...names, alg }));
  if (!selected.ok) {
    return selected.failure.because;
  }
  const { candidates } = selected.value;
  const index = keys.indexOf(selected.value);
  return candidates === undefined ? `key ${index}` : `tries ${candidates}`;
}

describe("selects a key by kid", () => {
  it.each<[set: string[], kid: string | undefined, alg: string, selected: string]>([
    [["a:ES256", "b:ES256"], "b", "ES256", "key 1"],
    [["a:ES256", "a:RS256"], "a", "RS256", "key 1"],
    [["a:ES256", "a:ES256"], "a", "ES256", "key 0"],
    [["a:ES256"], "b", "ES256", "unknown"],
    [["a:ES256"], "a", "RS256", "unknown"],
    [["a:ES256"], "A", "ES256", "unknown"],
    [["a:ES256"], "", "ES256", "unknown"],
    [[":ES256"], "", "ES256", "key 0"],
    // For a token without names: the only key, or the few keys that fit.
    [["a:ES256"], undefined, "ES256", "key 0"],
    [["a:ES256", "r:RS256"], undefined, "ES256", "key 0"],
    [["-:ES256"], undefined, "ES256", "key 0"],
    [["a:ES256", "b:ES256"], undefined, "ES256", "tries 2"],
    [["a:ES256", "-:ES256"], undefined, "ES256", "tries 2"],
    [["-:ES256", "-:ES256"], undefined, "ES256", "tries 2"],
    [["a:ES256:one", "b:ES256:one", "-:ES256:one"], undefined, "ES256", "key 0"],
    [["a:ES256:one", "b:ES256:one", "-:ES256:two"], undefined, "ES256", "tries 2"],
    [["a:ES256", "a:ES256"], undefined, "ES256", "key 0"],
    [["a:ES256", "b:ES256", "c:ES256", "d:ES256"], undefined, "ES256", "tries 4"],
    [["a:ES256", "b:ES256", "c:ES256", "d:ES256", "e:ES256"], undefined, "ES256", "too_many"],
    [["a:ES256", "b:ES256", "c:ES256", "d:ES256", "e:RS256"], undefined, "ES256", "tries 4"],
    [[], undefined, "ES256", "unknown"],
    // A key without kid is chosen only if it is the only key.
    [["-:ES256"], "x", "ES256", "key 0"],
    [["-:ES256", "r:RS256"], "x", "ES256", "key 0"],
    [["-:ES256", "a:ES256"], "x", "ES256", "unknown"],
    [["-:ES256:one", "a:ES256:one"], "x", "ES256", "unknown"],
    [["-:ES256", "a:ES256"], "a", "ES256", "key 1"],
    [["-:ES256", "-:ES256"], "x", "ES256", "unknown"],
    // A kid is free text and cannot be mistaken for a part of the index.
    [["any:ES256", "b:ES256"], "any", "ES256", "key 0"],
    [["a:ES256", "b:ES256"], "any", "ES256", "unknown"],
    [["a:ES256"], "kid a", "ES256", "unknown"],
    [["a:ES256"], "x5t a", "ES256", "unknown"],
    [["__proto__:ES256"], "__proto__", "ES256", "key 0"],
    [["a:ES256"], "__proto__", "ES256", "unknown"],
    [["a:ES256"], undefined, "__proto__", "unknown"],
  ])("of %j for kid %j and alg %s: %s", (set, kid, alg, selected) => {
    expect(select(set.map(keyOf), kid === undefined ? {} : { kid }, alg)).toBe(selected);
  });
});

describe("selects by the certificate that the token names", () => {
  const NAMED = ["-:ES256 5=A 256=AA", "-:ES256 5=B 256=BB"];
  const WITH_KID = ["a:ES256 5=A", "b:ES256 5=B"];
  it.each<[set: string[], names: Names, selected: string]>([
    [NAMED, { x5t: "B" }, "key 1"],
    [NAMED, { x5tS256: "BB" }, "key 1"],
    [NAMED, { x5t: "B", x5tS256: "BB" }, "key 1"],
    [NAMED, { x5t: "B", x5tS256: "unknown" }, "key 1"],
    [NAMED, { x5t: "A", x5tS256: "BB" }, "conflict"],
    [NAMED, { x5t: "BB" }, "unknown"],
    [NAMED, { x5t: "C" }, "unknown"],
    [NAMED, { x5t: "" }, "unknown"],
    [NAMED, { x5t: "b" }, "unknown"],
    // The keys have no kid, so the token's kid contradicts nothing.
    [NAMED, { kid: "x", x5t: "B" }, "key 1"],
    [NAMED, { kid: "B" }, "unknown"],
    [WITH_KID, { kid: "b", x5t: "B" }, "key 1"],
    [WITH_KID, { kid: "a", x5t: "B" }, "conflict"],
    [WITH_KID, { kid: "x", x5t: "B" }, "conflict"],
    [WITH_KID, { kid: "a", x5t: "unknown" }, "key 0"],
    [WITH_KID, { kid: "x", x5t: "unknown" }, "unknown"],
    [WITH_KID, { x5t: "unknown" }, "unknown"],
    [WITH_KID, { x5tS256: "B" }, "unknown"],
    // There is one key. Another certificate of the same kind may belong to a key that is not loaded yet.
    [["-:ES256 5=A"], { x5t: "B" }, "unknown"],
    [["-:ES256 5=A"], { kid: "x", x5t: "B" }, "unknown"],
    [["-:ES256 5=A"], { x5tS256: "B" }, "key 0"],
    [["-:ES256 256=A"], { x5tS256: "B" }, "unknown"],
    [["-:ES256 256=A"], { x5t: "B" }, "key 0"],
    [["-:ES256"], { x5t: "B" }, "key 0"],
    [["a:ES256"], { x5t: "B" }, "key 0"],
    [["a:ES256", "b:ES256"], { x5t: "B" }, "unknown"],
    // One key has two kids, and two keys have the same certificate name.
    [["a:ES256:one 5=A", "b:ES256:one 5=A"], { kid: "b", x5t: "A" }, "key 1"],
    [["a:ES256:one 5=A", "b:ES256:two 5=A"], { kid: "b", x5t: "A" }, "conflict"],
    [["-:ES256:one 5=A", "-:ES256:two 5=A"], { x5t: "A" }, "key 0"],
    // A key of the same certificate for another algorithm.
    [["-:RS256 5=A", "-:ES256 5=B", "-:ES256 5=C"], { x5t: "A" }, "unknown"],
  ])("of %j for %j: %s", (set, names, selected) => {
    expect(select(set.map(keyOf), names)).toBe(selected);
  });
});

it("never tries a key of one tenant, because the choice does not know the token's tenant", () => {
  const keys = ["a:ES256", "b:ES256"].map(keyOf).map((key) => ({ ...key, onlyFor: "https://idp.example/a" }));
  expect(select(keys, {})).toBe("unknown");
  expect(select(keys.slice(0, 1), {})).toBe("key 0");
});

it("a single selected key fits alg, and has no conflicting value for a name that the token uses", () => {
  const name = fc.constantFrom("A", "B", "C");
  const key = fc.record({ kid: fc.option(name), alg: fc.constantFrom("ES256", "RS256"), x5t: fc.option(name) });
  const names = fc.record({ kid: name, x5t: name, x5tS256: name }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.array(key, { maxLength: 7 }), names, (set, header) => {
      const keys = set.map(({ kid, alg, x5t }) => `${kid ?? "-"}:${alg}${x5t === null ? "" : ` 5=${x5t}`}`).map(keyOf);
      const selected = select(keys, header);
      const ofAlgorithm = keys.filter(({ algorithm }) => algorithm === "ES256");
      const fitting = ofAlgorithm.filter(
        ({ kid }, at) => kid === undefined || ofAlgorithm.findIndex((other) => other.kid === kid) === at,
      );
      const isNamed = Object.values(header).some((value) => value !== undefined);
      const [, index] = /^key (\d)$/.exec(selected) ?? [];
      const found = index === undefined ? undefined : keys[Number(index)];
      if (found) {
        expect(found.algorithm).toBe("ES256");
        const { kid, x5t } = header;
        const hasAnotherOwner = (isOwner: (other: TestKey) => boolean): boolean =>
          !isOwner(found) && fitting.some(isOwner);
        expect(kid !== undefined && found.kid !== undefined && found.kid !== kid).toBe(false);
        expect(
          x5t !== undefined && hasAnotherOwner(({ certificateNames }) => certificateNames.includes(`x5t ${x5t}`)),
        ).toBe(false);
      }
      // The plugin tries several keys only for a token without names, and never more than four.
      expect(/^tries [2-4]$/.test(selected) || !selected.startsWith("tries")).toBe(true);
      expect(isNamed && /^(?:tries|too_many)/.test(selected)).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});
