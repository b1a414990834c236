import { describe, expect, it } from "vitest";
import { decide } from "../../../plugin/core/decide.ts";
import {
  findByTemplate,
  findHostPlaceholder,
  findPlaceholder,
  listIssuers,
  templateKey,
  tenantOf,
} from "../../../plugin/core/model/issuer-template.ts";
import type { CompiledIssuer } from "../../../plugin/core/model/policy.ts";
import { denied } from "../../denials.ts";
import { generateSigningKey, mintToken } from "../../tokens.ts";
import { claimsOf, compileDocument, inlineIssuer, NOW, policyDocument, requestOf } from "../fixtures.ts";
import { createInlineKeys } from "../inline-keys.ts";

const TEMPLATE = "https://login.example.com/{tenantid}/v2.0";
const shared = generateSigningKey("ES256", "shared");
const templated = generateSigningKey("ES256", "templated");
const reserved = generateSigningKey("ES256", "reserved");
const own = generateSigningKey("ES256", "own");
const keys = createInlineKeys();

function issuerOf(tenants: readonly string[]) {
  const issuer = inlineIssuer([shared], { issuer: TEMPLATE, tenants });
  const published = [
    shared.publicJwk,
    { ...templated.publicJwk, issuer: TEMPLATE },
    { ...reserved.publicJwk, issuer: "https://login.example.com/beta/v2.0" },
  ];
  return { ...issuer, keys: { jwks: { keys: published } } };
}
const policyOf = (tenants: readonly string[]) => {
  const gamma = inlineIssuer([own], { issuer: "https://login.example.com/gamma/v2.0" });
  const issuers = { entra: issuerOf(tenants), gamma };
  return compileDocument(policyDocument({}, { issuers, defaults: { accept: ["entra", "gamma"] } }));
};
const some = () => policyOf(["alpha", "beta"]);
const any = () => policyOf(["*"]);

async function judge(
  iss: unknown,
  { tid = "alpha", policy = some, key = shared }: { tid?: unknown; policy?: typeof some; key?: typeof shared } = {},
): Promise<string> {
  const token = mintToken({ key, claims: claimsOf({ iss, tid }) });
  const decision = await decide(requestOf(token), policy(), keys, () => NOW);
  return decision.verdict === "allow" ? "allow" : decision.denial.reason;
}
const issOf = (tenant: string): string => `https://login.example.com/${tenant}/v2.0`;

describe("an issuer with tenants", () => {
  it("accepts the named tenants", async () => {
    expect([await judge(issOf("alpha")), await judge(issOf("beta"), { tid: "beta" })]).toEqual(["allow", "allow"]);
  });

  it("and no other tenant, unless it accepts every tenant", async () => {
    expect(await judge(issOf("delta"), { tid: "delta" })).toBe("issuer_untrusted");
    expect(await judge(issOf("delta"), { tid: "delta", policy: any })).toBe("allow");
  });

  const base = "https://login.example.com";
  it.each<[what: string, iss: unknown]>([
    ["the template itself", TEMPLATE],
    ["another host", "https://login.example.org/alpha/v2.0"],
    ["another scheme", "http://login.example.com/alpha/v2.0"],
    ["a host in front", `https://evil.example/${base}/alpha/v2.0`],
    ["a user in front", `${base}@evil.example/alpha/v2.0`],
    ["nothing behind", `${base}/alpha`],
    ["more behind", `${base}/alpha/v2.0/`],
    ["a line end behind", `${base}/alpha/v2.0\n`],
    ["a query behind", `${base}/alpha/v2.0?x`],
    ["another version", `${base}/alpha/v1.0`],
    ["another case", `${base}/alpha/V2.0`],
    ["an empty tenant", `${base}//v2.0`],
    ["two segments", issOf("alpha/beta")],
    ["a tenant with a slash, encoded", issOf("al%2fpha")],
    ["dots", issOf("..")],
    ["a tenant with a line end", issOf("alpha\n")],
    ["a tenant with a letter that looks alike", issOf("аlpha")],
    ["a placeholder without a name", issOf("{}")],
    ["a tenant of 129 characters", issOf("a".repeat(129))],
    ["thousands of segments", `${base}${"/alpha".repeat(400)}/v2.0`],
    ["a list", [issOf("alpha")]],
  ])("refuses %s, even if every tenant is accepted", async (_what, iss) => {
    expect(await judge(iss, { policy: any })).toBe("issuer_untrusted");
  });

  it.each([undefined, null, "beta", "ALPHA", "", ["alpha"], 1])("refuses tid %j in a token of alpha", async (tid) => {
    const token = mintToken({ key: shared, claims: claimsOf({ iss: issOf("alpha"), tid }) });
    const decision = await decide(requestOf(token), any(), keys, () => NOW);
    const denial = denied("claim_invalid", "tid must be the tenant in iss: ");
    expect(decision).toMatchObject({ verdict: "deny", denial });
  });
});

describe("an issuer's keys that are published for", () => {
  it("the template verify tokens of every tenant, and keys for one tenant verify only tokens of this tenant", async () => {
    expect(await judge(issOf("alpha"), { key: templated })).toBe("allow");
    expect(await judge(issOf("beta"), { tid: "beta", key: reserved })).toBe("allow");
    expect(await judge(issOf("alpha"), { key: reserved })).toBe("key_not_found");
    expect(await judge(issOf("delta"), { tid: "delta", key: reserved, policy: any })).toBe("key_not_found");
  });
});

it("a tenant with its own entry is judged by this entry, and the template's keys do not verify its tokens", async () => {
  expect(await judge(issOf("gamma"), { key: own, policy: any })).toBe("allow");
  expect(await judge(issOf("gamma"), { tid: "gamma", policy: any })).toBe("key_not_found");
});

describe("a template has one placeholder, which is a whole segment of its path", () => {
  it.each<[template: string, segment: number]>([
    ["https://a.example/{t}", 3],
    ["https://a.example/{tenant_Id9}/v2.0", 3],
    ["https://a.example/t/{t}/v2.0", 4],
  ])("%s: %s", (template, segment) => {
    expect(findPlaceholder(template)).toBe(segment);
  });

  it.each([
    ...["https://a.example/t", "https://a.example/x{t}", "https://a.example/{t}x", "https://a.example/{}"],
    ...["https://a.example/{9}", "https://a.example/{t-t}", "https://a.example/{t}/{u}", "https://a.example/{t}/{"],
    ...["https://a.example/{t}/}", "https://a{.example/{t}", "https://{t}/v2.0", "{t}"],
  ])("%s has none", (template) => {
    expect(findPlaceholder(template)).toBeUndefined();
  });
});

describe("an issuer is found by its template", () => {
  // Built again in each test, because an error while a file loads fails no test.
  const issuer = { id: "acme" } as unknown as CompiledIssuer;
  const find = (iss: string, segments: readonly number[] = [4, 3, 9]) =>
    findByTemplate({ issuers: new Map([[templateKey("https://a.example/{t}/v2", 3), issuer]]), segments }, iss);

  it.each(["alpha", "A-z_9", "a".repeat(128)])("with the tenant %s", (tenant) => {
    expect(find(`https://a.example/${tenant}/v2`)).toBe(issuer);
  });

  it.each(["", "a".repeat(129), "a.b", "a%62", "{}", "{t}", " a", "a "])("not with the tenant %j", (tenant) => {
    expect(find(`https://a.example/${tenant}/v2`)).toBeUndefined();
  });

  it("by the template with a nameless placeholder", () => {
    expect(templateKey("https://a.example/{t}/v2", 3)).toBe("https://a.example/{}/v2");
  });

  it("only where a template has its placeholder", () => {
    expect(find("https://a.example/alpha/v2", [3])).toBe(issuer);
    expect(find("https://a.example/alpha/v2", [4])).toBeUndefined();
    expect(find("https://a.example/{}/v2", [9])).toBeUndefined();
    expect(find("https://a.example/{}/v2", [])).toBeUndefined();
  });

  it("if `iss` is at most as long as the longest template and tenant", () => {
    const longest = `https://a.example/{t}/${"a".repeat(1130 - 22)}`;
    const issuers = new Map([[templateKey(longest, 3), issuer]]);
    const found = (tenant: string) => findByTemplate({ issuers, segments: [3] }, longest.replace("{t}", tenant));
    expect(found("t".repeat(25))).toBe(issuer);
    expect(found("t".repeat(26))).toBeUndefined();
  });

  it("and names the tenant, or no tenant", () => {
    const template = { segment: 3, tenants: undefined };
    expect([tenantOf(template, "https://a.example/alpha/v2"), tenantOf(template, "alpha")]).toEqual(["alpha", ""]);
  });
});

it("all issuers of a policy include those with their own entry and those with many tenants", () => {
  expect(listIssuers(policyOf(["*"])).map(({ id }) => id)).toEqual(["gamma", "entra"]);
});

describe("a placeholder in the host of an issuer", () => {
  it.each<[template: string, placeholder: string]>([
    ["https://{tenant}.example.com", "{tenant}"],
    ["https://login.eu-1.{T_1}.example.com:8443/a/b", "{T_1}"],
    ["https://{t}.a.b.c/", "{t}"],
    ["https://{t}.io:1", "{t}"],
  ])("of %s is %s", (template, placeholder) => {
    expect(findHostPlaceholder(template)).toBe(placeholder);
  });

  it.each([
    ...["http://{t}.example.com", "x https://{t}.example.com", "https://{t}", "https://a.{t}", "https://a.{t}/b"],
    ...["https://{1t}.example.com", "https://{t-}.example.com", "https://{}.example.com", "https://{t}.a_b.com"],
    ...["https://a_b.{t}.com", "https://a{t}.com", "https://{t}a.com", "https://{t}{u}.com", "https://{t}.{u}.com"],
    ...["https://{t}.com:123456", "https://{t}.com:x", "https://{t}.com:", "https://{t}.com/{u}", "https://{t}.com/a}"],
    ...["https://{t}.com?x", "https://{t}.com x", "https://{t}..com", "https://a..{t}.com"],
  ])("is not found in %s", (template) => {
    expect(findHostPlaceholder(template)).toBeUndefined();
  });
});
