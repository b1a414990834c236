import { describe, expect, it } from "vitest";
import { compilePolicy, ISSUER } from "../../core/fixtures.ts";
import { expectIssues, ISSUER_START, issuesOf, takeMarks } from "../read/marked-text.ts";

const WELL_KNOWN = "/.well-known/oauth-protected-resource";
const describeResource = (source: object, changes: object = {}) =>
  compilePolicy({ protected_resource: source, ...changes }).protectedResource;
const RESOURCE = "https://api.example.com/pay";
const metadataOf = (source: object, changes: object = {}): Record<string, unknown> =>
  JSON.parse(describeResource({ resource: RESOURCE, ...source }, changes)?.metadata ?? "");

describe("the address of the API's description (RFC 9728 section 3.1)", () => {
  it.each([
    ["https://api.example.com", "https://api.example.com", ""],
    ["https://api.example.com/", "https://api.example.com", ""],
    ["https://api.example.com/pay", "https://api.example.com", "/pay"],
    ["https://api.example.com/pay/", "https://api.example.com", "/pay/"],
    ["https://api.example.com:8443/a/b%20c", "https://api.example.com:8443", "/a/b%20c"],
    ["http://127.0.0.1:8000/pay", "http://127.0.0.1:8000", "/pay"],
    ["https://[2001:db8::1]/pay", "https://[2001:db8::1]", "/pay"],
  ])("of %s", (resource, origin, path) => {
    const described = describeResource({ resource });
    expect(described?.metadataUrl).toBe(`${origin}${WELL_KNOWN}${path}`);
    expect(described?.metadataPath).toBe(`${WELL_KNOWN}${path}`);
    expect(JSON.parse(described?.metadata ?? "")).toMatchObject({ resource });
  });

  it("does not exist if the policy does not have the key", () => {
    expect(compilePolicy().protectedResource).toBeUndefined();
  });

  const marked = (resource: string) => `${ISSUER_START}protected_resource: {resource: ‸${JSON.stringify(resource)}}\n`;
  it.each([
    ...["http://api.example.com/pay", "https://api.example.com:443/pay", "https://api.example.com/pay/../admin"],
    ...[
      "https://api.example.com/pay/%2e%2e/admin",
      "https://api.example.com/./pay",
      "https://user@api.example.com/pay",
    ],
    ...["https://0x7f.1/pay", "https://api..example.com:/pay", "https://[::1/pay"],
  ])("is refused for %s", (resource) => {
    const [issue] = issuesOf(takeMarks(marked(resource)).text);
    expect(["url_insecure", "invalid_value"]).toContain(issue?.code);
    expectIssues(marked(resource), issue?.code ?? "");
  });

  it.each([
    ...["https://api.example.com/pay?a=b", "https://api.example.com/pay#a", 'https://api.example.com/p"ay'],
    ...["https://api.example.com/p\\ay", "https://api.example.com/p ay", "https://API.example.com/pay"],
    ...["https://api.example.com/straße", "ftp://api.example.com/pay", "api.example.com/pay", "https://", ""],
  ])("is refused by the schema for %s, which could be another address or break a challenge", (resource) => {
    expectIssues(marked(resource), "invalid_value");
  });

  it("is required under `protected_resource`", () => {
    expectIssues(`${ISSUER_START}‸protected_resource: {}\n`, "missing_key");
  });
});

describe("the content of the description (RFC 9728 section 2)", () => {
  it("follows from issuers and rules", () => {
    expect(metadataOf({})).toEqual({
      resource: RESOURCE,
      authorization_servers: [ISSUER],
      scopes_supported: ["read"],
      bearer_methods_supported: ["header"],
    });
  });

  it("is as in the document", () => {
    const said = {
      authorization_servers: ["https://login.example.com"],
      scopes_supported: ["b", "a"],
      resource_name: "Zahlungen „alle“",
      resource_documentation: "https://docs.example.com/pay?x=1#y",
    };
    expect(metadataOf(said)).toEqual({ resource: RESOURCE, bearer_methods_supported: ["header"], ...said });
  });

  it("has the scopes of all rules, operations, alternatives and defaults once, but neither excluded ones nor those of public rules", () => {
    const routes = {
      one: { required_scopes: { all_of: ["b"], any_of: ["a"], none_of: ["x"] } },
      two: { any_of: [{ required_scopes: ["c"] }, { required_scopes: ["b"] }] },
      three: {
        required_scopes: ["unreachable"],
        operations: [
          { methods: ["GET"], path: "/", required_scopes: ["d"] },
          { methods: ["PUT"], path: "/", access: "public" },
        ],
      },
      four: {},
      five: { access: "public" },
    };
    const scopes = metadataOf({}, { routes, defaults: { required_scopes: ["e"] } }).scopes_supported;
    expect(scopes).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("has the issuers that a rule accepts and that are URLs, and each named tenant", () => {
    const audiences = ["api"];
    const at = { audiences, keys: { jwks_uri: "https://x.example/k" } };
    const issuers = {
      acme: { issuer: ISSUER, audiences },
      idle: { issuer: "https://idle.example.com", audiences },
      name: { issuer: "accounts.example.com", ...at },
      plain: { issuer: "http://plain.example.com", ...at },
      local: { issuer: "http://127.0.0.1:9", audiences },
      some: { issuer: "https://login.example.com/{tenant}/v2.0", tenants: ["alpha", "beta"], ...at },
      all: { issuer: "https://all.example.com/{tenant}", tenants: ["*"], ...at },
    };
    const accept = Object.keys(issuers).filter((id) => id !== "idle");
    const routes = { one: { accept }, two: { access: "public" } };
    expect(metadataOf({}, { issuers, routes }).authorization_servers).toEqual([
      ...[ISSUER, "http://127.0.0.1:9"],
      ...["https://login.example.com/alpha/v2.0", "https://login.example.com/beta/v2.0"],
    ]);
  });

  const allowed_origins = ["https://app.example"];
  it.each<[sources: readonly unknown[], ...methods: readonly string[]]>([
    [["authorization"], "header"],
    [[{ cookie: "access_token", allow_unprefixed: true, allowed_origins }]],
    [[{ query: "access_token" }, "authorization"], "query", "header"],
    [[{ query: "token" }, { header: "x-token" }, { cookie: "__Host-token", allowed_origins }]],
  ])("names the methods of RFC 6750 for %j", (sources, ...methods) => {
    expect(metadataOf({}, { token: { sources } }).bearer_methods_supported).toEqual(methods);
  });

  it("leaves out members without a value (RFC 9728 section 3.2)", () => {
    const metadata = metadataOf({}, { routes: {} });
    expect(metadata).toEqual({ resource: RESOURCE, bearer_methods_supported: ["header"] });
  });
});
