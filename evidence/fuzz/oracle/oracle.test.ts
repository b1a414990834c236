import { describe, expect, it } from "vitest";
import { readSlowly } from "../../../test/core/json/slow-json.ts";
import { createTokenTarget } from "../token-target.ts";

const target = createTokenTarget();

/** If a fuzzer finds nothing, this proves little unless its oracle can distinguish right from wrong. */
describe("the oracle", () => {
  it("and the pipeline allow each seed", async () => {
    for (const seed of target.seeds) {
      const { features, finding } = await target.run(seed);
      expect([seed.key, features[0], finding]).toEqual([seed.key, expect.stringMatching(/ allow$/), undefined]);
    }
  });

  it.each<[what: string, text: string]>([
    ["a name given twice", '{"a":1,"a":1}'],
    ["a name given twice, by an escape", '{"a":1,"\\u0061":1}'],
    ["a name given twice, deep inside", '{"a":[{"b":1,"c":{},"b":2}]}'],
    ["a value that is not a number", '{"a":1e400}'],
    ["half a character", '{"a":"\\ud800"}'],
    ["depth 17", `{"a":${"[".repeat(16)}${"]".repeat(16)}}`],
    ["1,025 members", `{"a":[${"0,".repeat(1023)}0]}`],
    ["no object", "[1]"],
    ["no JSON", "{a:1}"],
  ])("refuses JSON with %s", (_what, text) => {
    expect(readSlowly(text)).toBeUndefined();
  });

  it.each<[what: string, text: string]>([
    ["names that are equal in different objects", '{"a":{"a":1},"b":[{"a":1},{"a":2}]}'],
    ["brackets, commas and colons in strings", '{"a":"{\\"a\\":1,[","b":"a"}'],
    ["depth 16", `{"a":${"[".repeat(15)}${"]".repeat(15)}}`],
    ["1,024 members", `{"a":[${"0,".repeat(1022)}0]}`],
  ])("accepts JSON with %s", (_what, text) => {
    expect(readSlowly(text)).toEqual(JSON.parse(text));
  });
});
