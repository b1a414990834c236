import { describe, expect, it } from "vitest";
import { combineKeys, keepFirst } from "../../../plugin/keys/import/combine-keys.ts";
import type { ImportedKey } from "../../../plugin/keys/import/imported-key.ts";

/** A key written as `kid algorithm thumbprint`; `-` means no kid. */
function keyOf(text: string): ImportedKey {
  const [kid, algorithm, thumbprint] = text.split(" ");
  return { kid: kid === "-" ? undefined : kid, algorithm, thumbprint } as ImportedKey;
}

describe("of keys that could be mistaken for each other, the first is kept", () => {
  it.each<[what: string, keys: [string, string], reason?: RegExp]>([
    ["not of keys with a kid each", ["1 ES256 a", "2 ES256 b"]],
    ["of two with one kid and algorithm", ["1 ES256 a", "1 ES256 b"], /a second ES256 key with the same kid/],
    ["not of two keys with one kid and different algorithms", ["1 ES256 a", "1 RS256 b"]],
    ["not of two keys without a kid: the signature decides", ["- ES256 a", "- ES256 b"]],
    ["of one key under two algorithms", ["1 RS256 a", "2 PS256 a"], /already used for RS256/],
    ["not of one key under two kids", ["1 RS256 a", "2 RS256 a"]],
    ["not of one key with two names of EdDSA", ["1 EdDSA a", "2 Ed25519 a"]],
  ])("%s", (_what, keys, reason) => {
    const all = keys.map(keyOf);
    const { kept, dropped } = keepFirst(all);
    expect(kept).toEqual(reason ? all.slice(0, 1) : all);
    expect(dropped.map((each) => each.reason)).toEqual(reason ? [expect.stringMatching(reason)] : []);
  });
});

it("a message names a leaked key by at most 64 characters of its kid, or by its algorithm", () => {
  const keys = ["k".repeat(100), undefined].map((kid) => ({ kid, algorithm: "ES256", thumbprint: "a" }) as ImportedKey);
  const [place] = combineKeys([keys], () => true).places;
  const rest = ": its private part was published by this issuer; replace it at the issuer";
  const named = `the ES256 key with kid "${"k".repeat(64)}"${rest}`;
  expect(place).toEqual({ hasKeys: false, keys: [], dropped: [named, `the ES256 key${rest}`] });
});
