import { describe, expect, it } from "vitest";
import { authorize } from "../../../plugin/core/access/authorize.ts";
import type { JsonObject } from "../../../plugin/core/json/json.ts";
import type { Alternative } from "../../../plugin/core/model/policy.ts";
import { outcomeOf } from "../../results.ts";
import { AUDIENCE, alternativeOf, compileIssuer, membershipOf, NOW, requirementsOf } from "../fixtures.ts";

const REQUEST = { segments: [], headers: new Map<string, string>() };

/** The text in the log; undefined if the request may pass. */
function describeRefusal(
  alternatives: readonly Partial<Alternative>[],
  claims: Record<string, unknown>,
  issuer: Record<string, unknown> = {},
): unknown {
  const requirements = { ...requirementsOf(), alternatives: alternatives.map((changes) => alternativeOf(changes)) };
  const sent = { aud: AUDIENCE, ...claims } as JsonObject;
  return outcomeOf(authorize(compileIssuer(issuer), requirements, sent, REQUEST, NOW))?.detail;
}
const scopes = (...allOf: readonly string[]): Partial<Alternative> => ({ scopes: membershipOf({ allOf }) });
const roles = (...allOf: readonly string[]): Partial<Alternative> => ({ roles: membershipOf({ allOf }) });

describe("the log says of each alternative why it is not met", () => {
  const otherAudience = { audiences: new Set(["other"]) };
  const otherIssuer = { accept: new Set(["partner"]) };
  const why = [
    "1 is for other audiences",
    "2 lacks scope write: no claim scope",
    "3 is for other issuers",
    "4 lacks role admin: no claim roles",
  ];
  const four = [otherAudience, scopes("write"), otherIssuer, roles("admin")];

  it("in their order", () => {
    const detail = `none of the 4 alternatives is met: ${why.join("; ")}`;
    expect(describeRefusal(four, {})).toBe(detail);
  });

  it("if there are at most five, and counts the others", () => {
    const five = [...why, "5 lacks role a: no claim roles"].join("; ");
    const all = [...four, roles("a"), roles("b"), roles("c")];
    expect(describeRefusal(all.slice(0, 5), {})).toBe(`none of the 5 alternatives is met: ${five}`);
    expect(describeRefusal(all.slice(0, 6), {})).toBe(`none of the 6 alternatives is met: ${five}; and 1 more`);
    expect(describeRefusal(all, {})).toBe(`none of the 7 alternatives is met: ${five}; and 2 more`);
  });

  it("in 200 characters each", () => {
    const long = `lacks scope ${"x".repeat(300)}`.slice(0, 200);
    const detail = `none of the 2 alternatives is met: 1 ${long}...; 2 lacks role a: no claim roles`;
    expect(describeRefusal([scopes("x".repeat(300)), roles("a")], {})).toBe(detail);
  });
});

describe("the log says why a scope is lacking", () => {
  const hint = "; scopes are separated by spaces only (RFC 6749), unless the policy names a separator";
  const string = (text: string): string => `lacks scope read: claim scope is a string: ${text}`;
  it.each<[claims: Record<string, unknown>, detail: string]>([
    [{ scope: "write" }, string("write")],
    [{ scope: "read,write" }, `${string('"read,write"')}${hint}`],
    [{ scope: "read;write" }, `${string('"read;write"')}${hint}`],
    [{ scope: "read\twrite" }, `${string('"read\\twrite"')}${hint}`],
    [{ scope: "read\nwrite" }, `${string('"read\\nwrite"')}${hint}`],
    [{ scope: ["read,write"] }, 'lacks scope read: claim scope is a list of 1 string: "read,write"'],
    [{ scope: "READ x" }, `${string('"READ x"')}; READ differs only by upper and lower case`],
  ])("of %j", (claims, detail) => {
    expect(describeRefusal([scopes("read")], claims)).toBe(detail);
  });

  it("if the scopes are in one of several claims, or have their own separator", () => {
    const both = { claims: { scopes: ["scope", "scp"] } };
    const detail = `lacks scope read: claim scope is a string: "read,write", no claim scp${hint}`;
    expect(describeRefusal([scopes("read")], { scope: "read,write" }, both)).toBe(detail);
    const separated = { claims: { scopes: { claim: "scope", separator: ";" } } };
    expect(describeRefusal([scopes("read")], { scope: "a,read" }, separated)).toBe(string('"a,read"'));
  });
});

describe("the log names a name of the token that is almost the required one", () => {
  const many = Array.from({ length: 20 }, (_, index) => `name-${index}`);
  const list = "name-0, name-1, name-2, name-3, name-4 and";
  const some = (anyOf: readonly string[]): Partial<Alternative> => ({ roles: membershipOf({ anyOf }) });
  it.each<[what: string, wanted: Partial<Alternative>, found: unknown, detail: string]>([
    [
      "a required role",
      roles("Admin"),
      ["user", "admin"],
      "lacks role Admin: claim roles is a list of 2 strings: user, admin; admin differs only by upper and lower case",
    ],
    [
      "one of several roles",
      some(["x", "Admin"]),
      ["admin"],
      "lacks role any of x Admin: claim roles is a list of 1 string: admin; admin differs only by upper and lower case",
    ],
    ["not a role that it has", roles("a", "b"), ["a"], "lacks role b: claim roles is a list of 1 string: a"],
    [
      "the twentieth role",
      roles("NAME-19"),
      many,
      `lacks role NAME-19: claim roles is a list of 20 strings: ${list} 15 more; name-19 differs only by upper and lower case`,
    ],
    [
      "not the role after it",
      roles("LAST"),
      [...many, "last"],
      `lacks role LAST: claim roles is a list of 21 strings: ${list} 16 more`,
    ],
    [
      "nothing beside an excluded role",
      { roles: membershipOf({ allOf: ["Y"], noneOf: ["x"] }) },
      ["x", "y"],
      "role x is excluded: claim roles is a list of 2 strings: x, y",
    ],
    ["nothing if the roles cannot be read", roles("a"), 7, "lacks role a: claim roles is a number: 7"],
  ])("%s", (_what, wanted, found, detail) => {
    expect(describeRefusal([wanted], { roles: found })).toBe(detail);
  });
});

describe("the log says how the user has to log in", () => {
  const login = (changes: Partial<NonNullable<Alternative["authentication"]>>): Partial<Alternative> => ({
    authentication: { acrValues: [], amr: [], maxAgeSeconds: undefined, ...changes },
  });
  const late = (age: number, time: number, when: string, skew = 30): string =>
    `auth_time is in the future, or ${age} s ago or more: ${time}, ${when}; clock_skew is ${skew} s`;
  it.each<[wanted: Partial<Alternative>, claims: Record<string, unknown>, detail: string | undefined]>([
    [login({ acrValues: ["a", "b"] }), { acr: "c" }, "acr must be one of a b: claim acr is a string: c"],
    [login({ amr: ["a", "b"] }), { amr: ["c"] }, "amr lacks a b: claim amr is a list of 1 string: c"],
    [login({ maxAgeSeconds: 60 }), { auth_time: "x" }, "auth_time must be a number: claim auth_time is a string: x"],
    [login({ maxAgeSeconds: 60 }), { auth_time: NOW - 90 }, late(60, NOW - 90, "90 s ago")],
    [login({ maxAgeSeconds: 60 }), { auth_time: NOW - 90.4 }, late(60, NOW - 90.4, "90 s ago")],
    [login({ maxAgeSeconds: 60 }), { auth_time: NOW + 31 }, late(60, NOW + 31, "in 31 s")],
  ])("%j", (wanted, claims, detail) => {
    expect(describeRefusal([wanted], claims)).toBe(detail);
  });

  it("for a rule that accepts no login, not even one of this second", () => {
    const issuer = { clock_skew: "0s" };
    const detail = late(0, NOW, "0 s ago", 0);
    expect(describeRefusal([login({ maxAgeSeconds: 0 })], { auth_time: NOW }, issuer)).toBe(detail);
  });
});
