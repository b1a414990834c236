import { expect, it } from "vitest";
import { type JsonObject, readJsonObject } from "../../../plugin/core/json/json.ts";
import { propagateClaims } from "../../../plugin/core/upstream/map-claims.ts";
import { outcomeOf, unwrap } from "../../results.ts";
import { compilePolicy } from "../fixtures.ts";

/** The denial of a token whose claims cannot be a header. */
function refusalOf(options: object, claims: JsonObject, payload = new Uint8Array(3)): unknown {
  const policy = compilePolicy({ header_mappings: { "x-value": options } });
  return outcomeOf(propagateClaims(policy, { claims, payload }));
}
const denial = (detail: string): unknown => ({ reason: "claim_not_header_safe", detail });

it.each<[options: object, value: unknown, why: string]>([
  [{}, "alice\nx", "it has a character that is not visible ASCII: U+000A at position 6 of 7"],
  [{}, "Jos\u00e9", "it has a character that is not visible ASCII: U+00E9 at position 4 of 4"],
  [{}, "a\u{1f600}", "it has a character that is not visible ASCII: U+1F600 at position 2 of 3"],
  [{}, " alice", "it begins or ends with a space"],
  [{}, "alice ", "it begins or ends with a space"],
  [{ max_bytes: 3 }, "abcd", "it has 4 characters, at most 3 bytes are allowed"],
  [{ max_bytes: 3 }, "abc ", "it has 4 characters, at most 3 bytes are allowed"],
  [{ max_bytes: 4 }, "abc ", "it begins or ends with a space"],
  [{ max_bytes: 3 }, true, "it has 4 characters, at most 3 bytes are allowed"],
  [{}, 1.5, "the number 1.5 is not a whole number up to 2^53, so it may be rounded"],
  [{ max_bytes: 1 }, 42, "it has 2 characters, at most 1 bytes are allowed"],
  [{}, { a: 1 }, "it is an object, which only `encoding: json` can send"],
  [{}, ["a", 1], "element 2 of its list is not a string"],
  [{}, ["a", ""], "element 2 of its list is an empty string"],
  [{}, ["a", "b\n"], "element 2 of its list has a character that is not visible ASCII: U+000A at position 2 of 2"],
  [{}, ["a", "b,c"], 'element 2 of its list contains the separator ","'],
  [{ max_bytes: 3 }, ["ab", "c"], "its list has 4 bytes, at most 3 are allowed"],
  [{ max_bytes: 3, separator: "; " }, ["a", "b"], "its list has 4 bytes, at most 3 are allowed"],
  [{ list: "repeat" }, ["a,b", "c "], "element 2 of its list begins or ends with a space"],
  [{ encoding: "json" }, { id: 9007199254740992 }, "it has a number that may be rounded"],
  // The value is exactly as long as allowed.
  [{ encoding: "json", max_bytes: 32 }, { abc: 9007199254740992 }, "it has a number that may be rounded"],
  [{ encoding: "json", max_bytes: 4 }, "ab", "its JSON has 4 bytes, and at most 4 bytes in base64url are allowed"],
  [
    { encoding: "json", max_bytes: 32 },
    "\u00e9".repeat(20),
    "its JSON has 42 bytes, and at most 32 bytes in base64url are allowed",
  ],
  [
    { encoding: "percent", max_bytes: 8 },
    "\u00e9".repeat(3),
    "it has 3 characters, and more than 8 bytes after the encoding percent",
  ],
  [
    { encoding: "base64url", max_bytes: 3 },
    "abc",
    "it has 3 characters, and more than 3 bytes after the encoding base64url",
  ],
  [{ encoding: "percent", max_bytes: 9 }, [..."abcdef"], "its list has 11 bytes, at most 9 are allowed"],
])("a header with the options %j cannot have the value %j", (options, value, why) => {
  const claims = { value } as JsonObject;
  expect(refusalOf({ from: "value", ...options }, claims)).toEqual(denial(`claim "value" for header x-value: ${why}`));
});

it("says that a number was rounded when it was read, and what it is about", () => {
  const claims = unwrap(readJsonObject('{"value":9007199254740993}'));
  const why = "the number about 9007199254740992 is not a whole number up to 2^53, so it may be rounded";
  expect(refusalOf({ from: "value" }, claims)).toEqual(denial(`claim "value" for header x-value: ${why}`));
});

it.each<[claims: JsonObject, claim: string, why: string]>([
  [{ email: "" }, "email", "it is an empty string"],
  [{ email: [] }, "email", "it is an empty list"],
  [{ _claim_names: { email: "src1" } }, "email", "it cannot be read"],
  [{ sub: "" }, "sub", "it is an empty string"],
])("names the first of several claims that the token has, and why it names nobody: %j", (claims, claim, why) => {
  expect(refusalOf({ from: ["email", "sub"] }, claims)).toEqual(denial(`claim "${claim}" for header x-value: ${why}`));
});

it.each<[bytes: number, length: number]>([
  [3, 4],
  [4, 6],
  [6, 8],
])("says how long a payload of %i bytes is in base64url", (bytes, length) => {
  const detail = `payload for header x-value: it has ${length} bytes, at most 3 are allowed`;
  expect(refusalOf({ payload: true, max_bytes: 3 }, {}, new Uint8Array(bytes))).toEqual(denial(detail));
});
