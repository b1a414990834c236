import { describe, expect, it } from "vitest";
import { type JsonObject, type JsonValue, readJsonObject } from "../../../plugin/core/json/json.ts";
import { fail, succeed } from "../../../plugin/core/model/result.ts";
import { propagateClaims } from "../../../plugin/core/upstream/map-claims.ts";
import { headerSpellings } from "../../../plugin/policy/language/header-spellings.ts";
import { denied } from "../../denials.ts";
import { outcomeOf, unwrap } from "../../results.ts";
import { compilePolicy } from "../fixtures.ts";

const mapping = (header_mappings: object) => compilePolicy({ header_mappings });
const policy = mapping({ "x-value": "value" });
const MAX_HEADER_VALUE_BYTES = 4096;
const tokenOf = (claims: JsonObject) => ({ claims, payload: Buffer.from("eyJ9", "base64url") });
const CLEARED = { "x-value": [], x_value: [] };
const propagate = (value: JsonValue | undefined): unknown =>
  outcomeOf(propagateClaims(policy, tokenOf(value === undefined ? {} : { value })));

describe("sets a header from a claim and removes its other spellings", () => {
  it.each<[value: JsonValue, text: string]>([
    ...["alice", "Alice van den Berg", "a  b", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "x", "[]", "null"].map(
      (text): [string, string] => [text, text],
    ),
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
    ["a list that is too long in total", ["a", "b"].map((text) => text.repeat(MAX_HEADER_VALUE_BYTES / 2))],
    ["a list whose first element has a blank in front", [" a", "b"]],
    // RFC 9110 section 5.6.1.2: blanks around commas have no meaning, so "a ,b" means ["a", "b"].
    ["a list with a blank at an inner end of an element", ["a ", "b"]],
    ["a list with a blank in front of a later element", ["a", " b"]],
  ])("%s", (_what, value) => {
    expect(propagate(value)).toEqual(denied("claim_not_header_safe", 'claim "value" for header x-value'));
  });
});

describe("with several mappings", () => {
  const mapped = mapping({ "x-user-id": "sub", "x-roles": "/realm_access/roles" });
  const cleared = Object.fromEntries(["x-user-id", "x-roles"].flatMap(headerSpellings).map((name) => [name, []]));

  it("removes every mapped header in every spelling if no caller was authenticated", () => {
    expect(propagateClaims(mapped, undefined)).toEqual(succeed(cleared));
  });

  it("sets the headers whose claims have a value, also nested claims", () => {
    const claims = { sub: "alice", realm_access: { roles: ["admin"] } };
    const headers = { ...cleared, "x-user-id": "alice", "x-roles": "admin" };
    expect(propagateClaims(mapped, tokenOf(claims))).toEqual(succeed(headers));
  });

  it("refuses the whole request for one claim that is not safe", () => {
    const claims = { sub: "alice", realm_access: { roles: ["admin\n"] } };
    const denial = denied("claim_not_header_safe", 'claim "/realm_access/roles" for header x-roles');
    expect(propagateClaims(mapped, tokenOf(claims))).toEqual(fail(denial));
  });

  it("reads no claim from a prototype", () => {
    const inherited = mapping({ "x-value": "constructor" });
    expect(propagateClaims(inherited, tokenOf(Object.create(null)))).toEqual(succeed(CLEARED));
  });
});

describe("a mapping with options", () => {
  const run = (options: object, claims: JsonObject) =>
    propagateClaims(mapping({ "x-value": options }), tokenOf(claims));
  const write = (options: object, claims: JsonObject): unknown => {
    const propagated = run(options, claims);
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

  it.each<[payload: string, written: string | undefined]>([
    ['{"share":0.1000000000000000055}', '{"share":0.1}'],
    ['{"id":9007199254740993}', undefined],
    ['{"id":3.00000000000000000001}', undefined],
  ])("with `encoding: json`, a fraction may be rounded, but not to a whole number: %s", (payload, written) => {
    const value = unwrap(readJsonObject(payload));
    const header = written === undefined ? UNSAFE : Buffer.from(written).toString("base64url");
    expect(write({ from: "value", encoding: "json" }, { value })).toBe(header);
  });

  it("writes a constant, or the payload of the token, only for a verified token", () => {
    expect(write({ constant: "jwt-policy" }, {})).toBe("jwt-policy");
    expect(propagateClaims(mapping({ "x-value": { constant: "jwt-policy" } }), undefined)).toEqual(succeed(CLEARED));
    expect(write({ payload: true, max_bytes: 4 }, {})).toBe("eyJ9");
    expect(write({ payload: true, max_bytes: 3 }, {})).toBe(UNSAFE);
  });

  it.each<[options: object, claims: JsonObject, detail: string]>([
    [{ payload: true, max_bytes: 1 }, {}, "payload for header x-value: it has 4 bytes, at most 1"],
    [{ from: ["email", "sub"] }, { sub: {} }, 'claim "sub" for header x-value: it is an object'],
    [{ from: ["email", "sub"] }, { email: {}, sub: "a" }, 'claim "email" for header x-value: '],
  ])("names the claim that is used but cannot be a header: %j", (options, claims, detail) => {
    expect(outcomeOf(run(options, claims))).toEqual(denied(UNSAFE, detail));
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

  it("does not use the next claim if a step leads into a string", () => {
    expect(write({ from: ["/user/email", "sub"] }, { user: "a@x", sub: "c" })).toBe(UNSAFE);
    expect(write({ from: ["/user/email", "sub"] }, { user: {}, sub: "c" })).toBe("c");
    expect(write({ from: "/user/email" }, { user: "a@x" })).toEqual([]);
  });
});
