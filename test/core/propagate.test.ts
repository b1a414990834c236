import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../plugin/core/json.ts";
import { MAX_HEADER_VALUE_BYTES, propagateClaims } from "../../plugin/core/propagate.ts";
import { compileDocument, policyDocument } from "./fixtures.ts";

const policy = compileDocument(
  policyDocument(
    { issuer: "https://idp.example.com", audiences: ["api"] },
    { header_mappings: { "x-value": "value" } },
  ),
);
const CLEARED = { "x-value": [], x_value: [] };
const propagate = (value: JsonValue | undefined): unknown =>
  propagateClaims(policy, value === undefined ? {} : { value });

describe("sets a header from a claim and removes its other spellings", () => {
  it.each<[value: JsonValue, text: string]>([
    ["alice", "alice"],
    ["Alice van den Berg", "Alice van den Berg"],
    ["a  b", "a  b"],
    ["!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"],
    ["x", "x"],
    ["[]", "[]"],
    ["null", "null"],
    [0, "0"],
    [-7, "-7"],
    [9007199254740991, "9007199254740991"],
    [true, "true"],
    [false, "false"],
    [["admin"], "admin"],
    [["admin", "merchant"], "admin,merchant"],
    [["a b", "c"], "a b,c"],
    ["a".repeat(MAX_HEADER_VALUE_BYTES), "a".repeat(MAX_HEADER_VALUE_BYTES)],
  ])("%j", (value, text) => {
    expect(propagate(value)).toEqual({ headers: { ...CLEARED, "x-value": text } });
  });
});

describe("removes the header where the claim says nothing", () => {
  it.each<[value: JsonValue | undefined]>([[undefined], [null], [""], [[]]])("%j", (value) => {
    expect(propagate(value)).toEqual({ headers: CLEARED });
  });
});

describe("refuses what can not travel in a header as it is", () => {
  it.each<[what: string, value: JsonValue]>([
    ["a line feed", "alice\nx-role: admin"],
    ["a carriage return", "alice\rx-role: admin"],
    ["CR LF at the end", "alice\r\n"],
    ["a line feed alone", "\n"],
    ["a NUL", "alice\u0000"],
    ["a tab", "a\tb"],
    ["a delete character", "a\u007f"],
    ["a letter beyond ASCII", "José"],
    ["a letter whose low byte is a line feed", "a\u010ab"],
    ["an emoji", "\u{1f600}"],
    ["a blank in front", " alice"],
    ["a blank at the end", "alice "],
    ["a blank alone", " "],
    ["one byte more than the limit", "a".repeat(MAX_HEADER_VALUE_BYTES + 1)],
    ["a number that reading rounded", 9007199254740992],
    ["a number beyond all others", 1e21],
    ["a fraction", 1.5],
    ["an object", { id: "alice" }],
    ["a list with a comma in an element", ["a,b"]],
    ["a list with a line feed in an element", ["a", "b\n"]],
    ["a list with an empty element", ["a", ""]],
    ["a list of numbers", [1, 2]],
    ["a list with a null", ["a", null]],
    ["a list of lists", [["a"]]],
    ["a list of objects", [{}]],
    [
      "a list that is too long in all",
      ["a".repeat(MAX_HEADER_VALUE_BYTES / 2), "b".repeat(MAX_HEADER_VALUE_BYTES / 2)],
    ],
    ["a list whose first element has a blank in front", [" a", "b"]],
    // RFC 9110 section 5.6.1.2: blanks around commas mean nothing, so "a ,b" reads as ["a", "b"].
    ["a list with a blank at an inner end of an element", ["a ", "b"]],
    ["a list with a blank in front of a later element", ["a", " b"]],
  ])("%s", (_what, value) => {
    expect(propagate(value)).toEqual({
      reason: "claim_not_header_safe",
      detail: 'claim "value" for header x-value',
    });
  });
});

describe("with several mappings", () => {
  const mapped = compileDocument(
    policyDocument(
      { issuer: "https://idp.example.com", audiences: ["api"] },
      { header_mappings: { "x-user-id": "sub", "x-roles": "/realm_access/roles" } },
    ),
  );
  const cleared = {
    "x-user-id": [],
    "x-user_id": [],
    "x_user-id": [],
    x_user_id: [],
    "x-roles": [],
    x_roles: [],
  };

  it("removes every mapped header in every spelling when nobody was authenticated", () => {
    expect(propagateClaims(mapped, undefined)).toEqual({ headers: cleared });
  });

  it("sets those whose claims are there, nested ones too", () => {
    const claims = { sub: "alice", realm_access: { roles: ["admin"] } };
    expect(propagateClaims(mapped, claims)).toEqual({
      headers: { ...cleared, "x-user-id": "alice", "x-roles": "admin" },
    });
  });

  it("refuses the whole request for one claim that is not safe", () => {
    const claims = { sub: "alice", realm_access: { roles: ["admin\n"] } };
    expect(propagateClaims(mapped, claims)).toEqual({
      reason: "claim_not_header_safe",
      detail: 'claim "/realm_access/roles" for header x-roles',
    });
  });

  it("takes no claim from a prototype", () => {
    const inherited = compileDocument(
      policyDocument(
        { issuer: "https://idp.example.com", audiences: ["api"] },
        { header_mappings: { "x-value": "constructor" } },
      ),
    );
    expect(propagateClaims(inherited, Object.create(null))).toEqual({ headers: CLEARED });
  });
});
