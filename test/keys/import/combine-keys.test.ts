import { describe, expect, it } from "vitest";
import { combineKeys, keepFirst } from "../../../plugin/keys/import/combine-keys.ts";
import type { ImportedKey } from "../../../plugin/keys/import/imported-key.ts";

type Key = readonly [kid: string | undefined, algorithm: string, thumbprint: string];

describe("of keys that could be mistaken for each other, the first is kept", () => {
  it.each<[what: string, keys: readonly Key[], kept: readonly number[], reason?: RegExp]>([
    [
      "not of keys with a kid each",
      [
        ["1", "ES256", "a"],
        ["2", "ES256", "b"],
      ],
      [0, 1],
    ],
    [
      "of two with one kid and algorithm",
      [
        ["1", "ES256", "a"],
        ["1", "ES256", "b"],
      ],
      [0],
      /a second ES256 key with the same kid/,
    ],
    [
      "not of two with one kid and different algorithms",
      [
        ["1", "ES256", "a"],
        ["1", "RS256", "b"],
      ],
      [0, 1],
    ],
    [
      "not of two without a kid: the signature tells",
      [
        [undefined, "ES256", "a"],
        [undefined, "ES256", "b"],
      ],
      [0, 1],
    ],
    [
      "of one key under two algorithms",
      [
        ["1", "RS256", "a"],
        ["2", "PS256", "a"],
      ],
      [0],
      /already used for RS256/,
    ],
    [
      "not of one key under two kids",
      [
        ["1", "RS256", "a"],
        ["2", "RS256", "a"],
      ],
      [0, 1],
    ],
    [
      "not of one key under two names of EdDSA",
      [
        ["1", "EdDSA", "a"],
        ["2", "Ed25519", "a"],
      ],
      [0, 1],
    ],
  ])("%s", (_what, keys, expected, reason) => {
    const all = keys.map(([kid, algorithm, thumbprint]) => ({ kid, algorithm, thumbprint }) as ImportedKey);
    const { kept, dropped } = keepFirst(all);
    expect(kept).toEqual(expected.map((index) => all[index]));
    expect(dropped.map((each) => each.reason)).toEqual(reason ? [expect.stringMatching(reason)] : []);
  });
});

it("a leaked key is named by no more than 64 characters of its kid, or by its algorithm", () => {
  const keys = ["k".repeat(100), undefined].map((kid) => ({ kid, algorithm: "ES256", thumbprint: "a" }) as ImportedKey);
  const [place] = combineKeys([keys], () => true).places;
  const rest = ": its private part was published by this issuer; replace it at the issuer";
  expect(place).toEqual({
    hasKeys: false,
    keys: [],
    dropped: [`the ES256 key with kid "${"k".repeat(64)}"${rest}`, `the ES256 key${rest}`],
  });
});
