import { describe, expect, it } from "vitest";
import { decide } from "../../../plugin/core/decide.ts";
import { listIssuers } from "../../../plugin/core/model/issuer-template.ts";
import type { KeySource } from "../../../plugin/core/model/key.ts";
import { PASSED, succeed } from "../../../plugin/core/model/result.ts";
import { findTwin } from "../../core/entries.ts";
import { compileDocument, NOW, requestOf } from "../../core/fixtures.ts";
import { issuesOf } from "../read/marked-text.ts";

type Members = Record<string, unknown>;

const ISSUER = "https://cognito.example.com/pool";
const kind = (use: string, claims: Members) => ({
  ...{ issuer: ISSUER, token_type: "any", audiences: ["client-1"], claims },
  required_claims: { token_use: { equals: use } },
});
const ACCESS = kind("access", { audience: "client_id", groups: "cognito:groups" });
const ID = kind("id", { groups: "groups" });
const documentWith = (issuers: Members, changes: Members = {}): Members => ({
  ...{ jwt_policy: 1, name: "kinds", issuers, defaults: { accept: Object.keys(issuers) } },
  routes: { read: {}, access: { accept: ["access"] }, id: { accept: ["id"], required_groups: ["staff"] } },
  ...changes,
});
const findingsOf = (issuers: Members): readonly string[] =>
  issuesOf(JSON.stringify(documentWith(issuers, { routes: {} }))).map(({ code, pointer }) => `${code} ${pointer}`);

/** The findings of entries `access` and `id` with these members. */
const compare = (one: Members, other: Members): readonly string[] => {
  const common = { issuer: ISSUER, audiences: ["a"] };
  return findingsOf({ access: { ...common, ...one }, id: { ...common, ...other } });
};
const requiring = (required_claims: Members | readonly string[]): Members => ({ required_claims });
const use = (condition: Members): Members => requiring({ use: condition });
const DUPLICATE = ["issuer_duplicate /issuers/id/issuer"];

describe("two entries with one identifier", () => {
  const notAB = { not: { one_of: ["a", "b"] }, absent: "allowed" };
  const byClient = { ...requiring({ aud: { absent: true } }), claims: { audience: "client_id" } };
  it.each<[what: string, one: Members, other: Members]>([
    ["other values of one claim", ACCESS, ID],
    ["other token types", { token_type: "at+jwt" }, { token_type: "JWT" }],
    ["lists of token types without a common one", { token_type: ["at+jwt", "x"] }, { token_type: ["JWT", "y"] }],
    ["several values of one claim", use({ one_of: ["a", "b"] }), use({ one_of: ["c"] })],
    ["a value that the other entry negates", use({ equals: "a" }), use(notAB)],
    [
      "a value that does not fit the other entry's pattern",
      requiring({ "/c/use": { equals: "a" } }),
      requiring({ "/c/use": { matches: "[b-z]" } }),
    ],
    ["a claim that must be absent in the other entry", requiring(["azp"]), requiring({ azp: { absent: true } })],
    ["an audience in a claim that must be absent in the other entry", byClient, {}],
  ])("are accepted with %s, in either order", (_what, one, other) => {
    expect(compare(one, other)).toEqual([]);
    expect(compare(other, one)).toEqual([]);
  });

  const notX = { not: { equals: "x" }, absent: "allowed" };
  it.each<[what: string, one: Members, other: Members]>([
    ["nothing", {}, {}],
    ["other audiences only", { audiences: ["a"] }, { audiences: ["b"] }],
    ["other audience claims only", {}, { claims: { audience: "client_id" } }],
    ["a type and any type", { token_type: "JWT" }, { token_type: "any" }],
    ["lists of token types with a common one", { token_type: ["at+jwt", "JWT"] }, { token_type: ["jwt"] }],
    ["a condition of one entry only", use({ equals: "a" }), {}],
    ["lists with a common value", use({ one_of: ["a", "b"] }), use({ one_of: ["b", "c"] })],
    ["values of different claims", use({ equals: "a" }), requiring({ typ: { equals: "b" } })],
    ["a claim that may be absent", use(notX), use({ absent: true })],
    ["patterns, which are not compared", use({ matches: "a+" }), use({ matches: "b+" })],
  ])("are refused with %s, because one token could fit both entries: issuer_duplicate", (_what, one, other) => {
    expect(compare(one, other)).toEqual(DUPLICATE);
  });

  it("are compared with each of several others", () => {
    const withThird = (token_use: Members) =>
      findingsOf({ access: ACCESS, id: ID, third: { ...ID, ...requiring({ token_use }) } });
    expect(withThird({ one_of: ["refresh", "id"] })).toEqual(["issuer_duplicate /issuers/third/issuer"]);
    expect(withThird({ equals: "x" })).toEqual([]);
  });

  it.each<[key: string, value: unknown]>([
    ["keys", { jwks_uri: "https://cognito.example.com/other" }],
    ["algorithms", ["RS256"]],
    ["key_refresh", { max: "5m" }],
  ])("must have the same %s", (key, value) => {
    const id = { ...ID, [key]: value };
    expect(findingsOf({ access: ACCESS, id })).toEqual([`issuer_duplicate /issuers/id/${key}`]);
    expect(findingsOf({ access: { ...ACCESS, [key]: value }, id })).toEqual([]);
  });

  it("may have a template, with the same tenants", () => {
    const keys = { jwks_uri: "https://x.example" };
    const template = { issuer: "https://login.example.com/{t}/v2.0", tenants: ["a"], keys };
    const [access, id] = [
      { ...ACCESS, ...template },
      { ...ID, ...template },
    ];
    expect(findingsOf({ access, id })).toEqual([]);
    expect(findingsOf({ access, id: { ...id, tenants: ["b"] } })).toEqual(["issuer_duplicate /issuers/id/tenants"]);
  });

  it("may have keys for each tenant, and each tenant is compared, but a mistake is reported once", () => {
    const realms = { issuer: "https://sso.example.com/realms/{realm}", tenants: ["a", "b"] };
    const access = { ...ACCESS, ...realms };
    const id = { ...ID, ...realms };
    expect(findingsOf({ access, id })).toEqual([]);
    const policy = compileDocument(documentWith({ access, id }));
    expect(listIssuers(policy).map((issuer) => issuer.id)).toEqual(["access", "id"]);
    const others = [...policy.issuers.values()].map(({ otherEntries }) => otherEntries.map((other) => other.id));
    expect(others).toEqual([["id"], ["id"]]);
    // Only a token of tenant "b" fits both.
    const onlyB = { ...realms, audiences: ["x"], ...requiring({ org: { equals: "b" } }) };
    const named = { ...realms, audiences: ["x"], claims: { tenant: "org" } };
    expect(findingsOf({ access: onlyB, id: named })).toEqual(DUPLICATE);
    expect(findingsOf({ access: { ...ID, ...realms }, id })).toEqual(DUPLICATE);
  });

  it("may not come from different templates, because the addresses of their keys may be different", () => {
    const common = { keys: { jwks_uri: "https://keys.example.com/{t}" } };
    const one = { ...ACCESS, ...common, issuer: "https://sso.example.com/{t}/b", tenants: ["a"] };
    const other = { ...ID, ...common, issuer: "https://sso.example.com/a/{t}", tenants: ["b"] };
    expect(findingsOf({ access: one, id: other })).toEqual([...DUPLICATE, "issuer_duplicate /issuers/id/tenants"]);
  });

  it("are all issuers of the policy, and the first entry contains the others", () => {
    const policy = compileDocument(documentWith({ access: ACCESS, id: ID }));
    expect(listIssuers(policy).map(({ id }) => id)).toEqual(["access", "id"]);
    expect([...policy.issuers.values()].map(({ id }) => id)).toEqual(["access"]);
  });
});

it("a list of audience claims is a mistake, and the message proposes two entries", () => {
  const a = { ...ACCESS, claims: { audience: ["aud", "client_id"] } };
  const [finding] = issuesOf(JSON.stringify(documentWith({ a })));
  expect(finding).toMatchObject({ code: "wrong_type", pointer: "/issuers/a/claims/audience" });
  expect(finding?.message).toContain("write one entry of the issuer for each kind of token");
});

it("a list of token types cannot contain any", () => {
  const found = findingsOf({ a: { ...ACCESS, token_type: ["JWT", "ANY"] } });
  expect(found).toEqual(["invalid_value /issuers/a/token_type/1"]);
});

describe("a token of one kind", () => {
  const KEYS: KeySource = {
    find: (issuer, { alg, kid }) => succeed({ issuer: issuer.issuer, kid, algorithm: alg, verify: () => PASSED }),
  };
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const judge = async (rule: string, claims: Members, changes: Members = {}): Promise<string> => {
    const payload = encode({ iss: ISSUER, exp: NOW + 60, ...claims });
    const token = [encode({ alg: "RS256" }), payload, "AA"].join(".");
    const policy = compileDocument(documentWith({ access: ACCESS, id: ID }, changes));
    const decision = await decide(requestOf(token, { binding: { by: "rule", rule } }), policy, KEYS, () => NOW);
    const what = decision.verdict === "deny" ? decision.denial.reason : decision.verdict;
    return `${what} ${decision.evidence.issuer}`;
  };
  const access = { token_use: "access", client_id: "client-1" };
  const id = { token_use: "id", aud: "client-1" };

  it.each<[rule: string, claims: Members, outcome: string]>([
    ["read", access, "allow access"],
    ["read", id, "allow id"],
    ["access", access, "allow access"],
    ["access", id, "audience_mismatch access"],
    ["access", { ...id, client_id: "client-1" }, "claim_invalid access"],
    ["id", { ...id, groups: ["staff"] }, "allow id"],
    ["id", { ...id, "cognito:groups": ["staff"] }, "condition_unmet id"],
    ["id", access, "audience_mismatch id"],
    ["read", { ...access, aud: "client-1", token_use: "refresh" }, "claim_invalid access"],
    ["read", { ...access, token_use: undefined }, "claim_missing access"],
    ["read", { ...id, aud: "other" }, "audience_mismatch access"],
    ["read", { ...access, exp: NOW - 60 }, "token_expired access"],
    ["read", { ...id, exp: NOW - 60 }, "token_expired id"],
    ["read", { ...access, token_use: ["access", "id"] }, "claim_invalid access"],
  ])("on rule %s with %j: %s", async (rule, claims, outcome) => {
    expect(await judge(rule, claims)).toBe(outcome);
  });

  it.each<[source: string, claims: Members, outcome: string]>([
    ["access", access, "allow access"],
    ["access", id, "issuer_untrusted id"],
    ["id", id, "allow id"],
    ["id", access, "issuer_untrusted access"],
  ])("passes in a source for entry %s only if it meets this entry: %j gets %s", async (source, claims, outcome) => {
    const sources = { token: { sources: [{ authorization: ["Bearer"], issuers: [source] }, { header: "x-other" }] } };
    expect(await judge("read", claims, sources)).toBe(outcome);
  });

  it("never fits two entries that a policy may have, whatever its claims are", () => {
    expect(findTwin()).toBeUndefined();
  });
});
