import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../../../plugin/core/json/json.ts";
import { fail, succeed } from "../../../plugin/core/model/result.ts";
import { propagateClaims } from "../../../plugin/core/upstream/map-claims.ts";
import { outcomeOf } from "../../results.ts";
import { compileDocument, policyDocument } from "../fixtures.ts";

const policy = compileDocument(
  policyDocument(
    { issuer: "https://idp.example.com", audiences: ["api"] },
    { header_mappings: { "x-value": "value" } },
  ),
);
const MAX_HEADER_VALUE_BYTES = 4096;
const tokenOf = (claims: JsonObject) => ({ claims, payload: Buffer.from("eyJ9", "base64url") });
const CLEARED = { "x-value": [], x_value: [] };
const propagate = (value: JsonValue | undefined): unknown =>
  outcomeOf(propagateClaims(policy, tokenOf(value === undefined ? {} : { value })));

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
    expect(propagate(value)).toEqual({ ...CLEARED, "x-value": text });
  });
});

describe("removes the header if the claim has no value", () => {
  it.each<[value: JsonValue | undefined]>([[undefined], [null], [""], [[]]])("%j", (value) => {
    expect(propagate(value)).toEqual(CLEARED);
  });
});

describe("refuses values that cannot be sent in a header unchanged", () => {
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
      detail: expect.stringContaining('claim "value" for header x-value'),
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

  it("removes every mapped header in every spelling if no caller was authenticated", () => {
    expect(propagateClaims(mapped, undefined)).toEqual(succeed(cleared));
  });

  it("sets the headers whose claims have a value, also nested claims", () => {
    const claims = { sub: "alice", realm_access: { roles: ["admin"] } };
    expect(propagateClaims(mapped, tokenOf(claims))).toEqual(
      succeed({ ...cleared, "x-user-id": "alice", "x-roles": "admin" }),
    );
  });

  it("refuses the whole request for one claim that is not safe", () => {
    const claims = { sub: "alice", realm_access: { roles: ["admin\n"] } };
    expect(propagateClaims(mapped, tokenOf(claims))).toEqual(
      fail({
        reason: "claim_not_header_safe",
        detail: expect.stringContaining('claim "/realm_access/roles" for header x-roles'),
      }),
    );
  });

  it("reads no claim from a prototype", () => {
    const inherited = compileDocument(
      policyDocument(
        { issuer: "https://idp.example.com", audiences: ["api"] },
        { header_mappings: { "x-value": "constructor" } },
      ),
    );
    expect(propagateClaims(inherited, tokenOf(Object.create(null)))).toEqual(succeed(CLEARED));
  });
});

describe("a mapping with options", () => {
  const write = (mapping: Record<string, unknown>, claims: JsonObject): unknown => {
    const changes = { header_mappings: { "x-value": mapping } };
    const compiled = compileDocument(
      policyDocument({ issuer: "https://idp.example.com", audiences: ["api"] }, changes),
    );
    const propagated = propagateClaims(compiled, tokenOf(claims));
    return propagated.ok ? propagated.value["x-value"] : propagated.failure.reason;
  };
  const UNSAFE = "claim_not_header_safe";

  it.each<[mapping: Record<string, unknown>, value: JsonValue | undefined, header: unknown]>([
    [{}, "alice", "alice"],
    [{}, undefined, []],
    [{ fallback: "nobody" }, undefined, "nobody"],
    [{ fallback: "nobody" }, "", "nobody"],
    [{ fallback: "nobody" }, [], "nobody"],
    [{ fallback: "nobody" }, "alice", "alice"],
    [{ separator: " " }, ["a", "b"], "a b"],
    [{ separator: " " }, ["a b", "c"], UNSAFE],
    [{ separator: "; " }, ["a,b", "c;d"], "a,b; c;d"],
    [{ separator: "; " }, ["a; b"], UNSAFE],
    [{ list: "repeat" }, ["a,b", "c"], ["a,b", "c"]],
    [{ list: "repeat" }, ["a"], ["a"]],
    [{ list: "repeat" }, "a", "a"],
    [{ list: "repeat" }, ["a", "b\n"], UNSAFE],
    [{ list: "repeat" }, ["a", 1], UNSAFE],
    [{ encoding: "percent" }, "José Núñez", "Jos%C3%A9%20N%C3%BA%C3%B1ez"],
    [{ encoding: "percent" }, "a\r\nx: y", "a%0D%0Ax%3A%20y"],
    [{ encoding: "percent" }, "100%", "100%25"],
    [{ encoding: "percent" }, ["a,b", "ü"], "a%2Cb,%C3%BC"],
    [{ encoding: "percent" }, { a: 1 }, UNSAFE],
    [{ encoding: "base64url" }, "José", "Sm9zw6k"],
    [{ encoding: "base64url" }, ["a", "b"], "YQ,Yg"],
    [{ encoding: "json" }, { a: [1, "é"], b: null }, Buffer.from('{"a":[1,"é"],"b":null}').toString("base64url")],
    [{ encoding: "json" }, ["a"], "WyJhIl0"],
    [{ encoding: "json" }, 1.5, "MS41"],
    [{ encoding: "json" }, { id: 9007199254740992 }, UNSAFE],
    [{ encoding: "json" }, { id: 9007199254740992, name: "a" }, UNSAFE],
    [{ encoding: "json" }, [{ id: -9007199254740992 }], UNSAFE],
    [{ encoding: "json" }, {}, "e30"],
    [{ max_bytes: 3 }, "abc", "abc"],
    [{ max_bytes: 3 }, "abcd", UNSAFE],
    [{ max_bytes: 3 }, ["ab", "c"], UNSAFE],
    [{ max_bytes: 3, list: "repeat" }, ["ab", "cde"], ["ab", "cde"]],
    [{ max_bytes: 3, encoding: "base64url" }, "abc", UNSAFE],
  ])("%j of %j: %j", (mapping, value, header) => {
    expect(write({ from: "value", ...mapping }, value === undefined ? {} : { value })).toEqual(header);
  });

  it("writes a constant, or the payload of the token, only for a verified token", () => {
    expect([write({ constant: "jwt-policy" }, {}), write({ payload: true }, {})]).toEqual(["jwt-policy", "eyJ9"]);
    expect([write({ payload: true, max_bytes: 4 }, {}), write({ payload: true, max_bytes: 3 }, {})]).toEqual([
      "eyJ9",
      UNSAFE,
    ]);
    const changes = { header_mappings: { "x-value": { constant: "jwt-policy" } } };
    const compiled = compileDocument(
      policyDocument({ issuer: "https://idp.example.com", audiences: ["api"] }, changes),
    );
    expect(propagateClaims(compiled, undefined)).toEqual(succeed(CLEARED));
  });

  it("names the claim that cannot be a header", () => {
    const changes = { header_mappings: { "x-value": { payload: true, max_bytes: 1 } } };
    const compiled = compileDocument(
      policyDocument({ issuer: "https://idp.example.com", audiences: ["api"] }, changes),
    );
    expect(outcomeOf(propagateClaims(compiled, tokenOf({})))).toHaveProperty(
      "detail",
      expect.stringMatching(/^payload for header x-value: it has \d+ bytes, at most/),
    );
  });

  it.each<[claims: JsonObject, header: unknown]>([
    [{ email: "a@x", upn: "b", sub: "c" }, "a@x"],
    [{ upn: "b", sub: "c" }, "b"],
    [{ email: null, sub: "c" }, "c"],
    [{ email: false, sub: "c" }, "false"],
    [{ sub: ["c", "d"] }, "c,d"],
    [{}, "nobody"],
    [{ email: "", sub: "c" }, UNSAFE],
    [{ email: [], sub: "c" }, UNSAFE],
    [{ email: { value: "a@x" }, sub: "c" }, UNSAFE],
    [{ email: " ", sub: "c" }, UNSAFE],
    [{ email: "José", sub: "c" }, UNSAFE],
    [{ email: "a\nb", sub: "c" }, UNSAFE],
    [{ sub: "" }, UNSAFE],
    [{ _claim_names: { email: "src1" }, sub: "c" }, UNSAFE],
  ])("uses the first of several claims that the token has: %j gives %j", (claims, header) => {
    expect(write({ from: ["email", "upn", "sub"], fallback: "nobody" }, claims)).toEqual(header);
  });

  it("does not go on to the next claim if a step leads into a string", () => {
    expect(write({ from: ["/user/email", "sub"] }, { user: "a@x", sub: "c" })).toBe(UNSAFE);
    expect(write({ from: ["/user/email", "sub"] }, { user: {}, sub: "c" })).toBe("c");
    expect(write({ from: "/user/email" }, { user: "a@x" })).toEqual([]);
  });

  it("names the claim that counts if it cannot be a header", () => {
    const changes = { header_mappings: { "x-value": { from: ["email", "sub"] } } };
    const compiled = compileDocument(
      policyDocument({ issuer: "https://idp.example.com", audiences: ["api"] }, changes),
    );
    const detailOf = (claims: JsonObject): unknown => outcomeOf(propagateClaims(compiled, tokenOf(claims)));
    expect(detailOf({ sub: {} })).toHaveProperty(
      "detail",
      expect.stringContaining('claim "sub" for header x-value: it is an object'),
    );
    expect(detailOf({ email: {}, sub: "a" })).toHaveProperty(
      "detail",
      expect.stringContaining('claim "email" for header x-value: '),
    );
  });
});
