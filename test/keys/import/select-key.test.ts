import { describe, expect, it } from "vitest";
import { SIGNATURE_INVALID, type VerificationKey } from "../../../plugin/core/model/key.ts";
import { indexKeys, selectKey } from "../../../plugin/keys/import/select-key.ts";
import { ISSUER, joseHeaderOf } from "../../core/fixtures.ts";

/** Keys written as `kid algorithm`; `-` stands for no kid. */
function keysOf(...names: readonly string[]): VerificationKey[] {
  return names.map((name) => {
    const [kid = "", algorithm = ""] = name.split(":");
    return { issuer: ISSUER, kid: kid === "-" ? undefined : kid, algorithm, verify: () => SIGNATURE_INVALID };
  });
}

function select(names: readonly string[], kid: string | undefined, alg: string): string | undefined {
  const key = selectKey(indexKeys(keysOf(...names)), joseHeaderOf({ kid, alg }));
  return key && `${key.kid ?? "-"}:${key.algorithm}`;
}

describe("selects the one key that is meant, and tries none out", () => {
  it.each<[set: string[], kid: string | undefined, alg: string, selected: string | undefined]>([
    [["a:ES256", "b:ES256"], "b", "ES256", "b:ES256"],
    [["a:ES256", "a:RS256"], "a", "RS256", "a:RS256"],
    [["a:ES256"], "b", "ES256", undefined],
    [["a:ES256"], "a", "RS256", undefined],
    [["a:ES256"], "A", "ES256", undefined],
    [["a:ES256"], "", "ES256", undefined],
    [[":ES256"], "", "ES256", ":ES256"],
    // A token without kid: only where the set leaves no choice.
    [["a:ES256"], undefined, "ES256", "a:ES256"],
    [["a:ES256", "r:RS256"], undefined, "ES256", "a:ES256"],
    [["-:ES256"], undefined, "ES256", "-:ES256"],
    [["a:ES256", "b:ES256"], undefined, "ES256", undefined],
    [["a:ES256", "-:ES256"], undefined, "ES256", undefined],
    [["-:ES256", "-:ES256"], undefined, "ES256", undefined],
    [[], undefined, "ES256", undefined],
    // A key without kid: only where it is the only one.
    [["-:ES256"], "x", "ES256", "-:ES256"],
    [["-:ES256", "r:RS256"], "x", "ES256", "-:ES256"],
    [["-:ES256", "a:ES256"], "x", "ES256", undefined],
    [["-:ES256", "a:ES256"], "a", "ES256", "a:ES256"],
    [["-:ES256", "-:ES256"], "x", "ES256", undefined],
    // A kid is free text and cannot be mistaken for a part of the index.
    [["any:ES256", "b:ES256"], "any", "ES256", "any:ES256"],
    [["a:ES256", "b:ES256"], "any", "ES256", undefined],
    [["a:ES256"], "kid a", "ES256", undefined],
    [["__proto__:ES256"], "__proto__", "ES256", "__proto__:ES256"],
    [["a:ES256"], "__proto__", "ES256", undefined],
  ])("of %j for kid %j and alg %s: %s", (set, kid, alg, selected) => {
    expect(select(set, kid, alg)).toBe(selected);
  });
});
