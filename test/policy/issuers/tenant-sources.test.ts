import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileDocument, policyDocument } from "../../core/fixtures.ts";
import { issuesOf } from "../read/marked-text.ts";

const REALMS = "https://sso.example.com/realms/{realm}";
type Members = Record<string, unknown>;

const documentOf = (issuer: Members) =>
  policyDocument({ issuer: REALMS, audiences: ["api"], tenants: ["acme", "globex"], ...issuer });
const compile = (issuer: Members) => compileDocument(documentOf(issuer));
const keysOf = (issuer: Members): Members =>
  Object.fromEntries([...compile(issuer).issuers].map(([iss, { keys }]) => [iss, keys]));
const messagesOf = (issuer: Members): string[] =>
  issuesOf(JSON.stringify(documentOf(issuer))).map(({ code, message }) => `${code}: ${message}`);

describe("each tenant has its own keys", () => {
  const [acme, globex] = ["https://sso.example.com/realms/acme", "https://sso.example.com/realms/globex"];

  it("by discovery, which is the default, each with its own issuer", () => {
    const discovered = (issuer: string) => [{ from: "discovery", issuer, metadata: "openid" }];
    expect(keysOf({})).toEqual({ [acme]: discovered(acme), [globex]: discovered(globex) });
    expect(keysOf({ keys: { discovery: "oauth" } })[acme]).toMatchObject([{ issuer: acme, metadata: "oauth" }]);
  });

  const certs = "https://sso.example.com/realms/{realm}/certs?r={realm}";
  const metadata = "https://{realm}.example.com/metadata";
  it.each<[keys: Members, ofAcme: object]>([
    [{ jwks_uri: certs }, { from: "jwks_uri", uri: "https://sso.example.com/realms/acme/certs?r=acme" }],
    [{ metadata_uri: metadata }, { from: "metadata_uri", uri: "https://acme.example.com/metadata", issuer: acme }],
    [{ jwks_files: ["keys/{realm}.jwks"] }, { from: "jwks_file", file: "keys/acme.jwks" }],
    [{ pem_files: [{ file: "{realm}/a.pem", kid: "1" }] }, { from: "pem_file", file: "acme/a.pem", kid: "1" }],
  ])("in %j", (keys, ofAcme) => {
    expect(keysOf({ keys })[acme]).toEqual([ofAcme]);
  });

  it("in files of secrets", () => {
    const keys = { secret_files: [{ file: "secrets/{realm}", encoding: "hex" }] };
    expect(keysOf({ algorithms: ["HS256"], keys })[globex]).toMatchObject([{ file: "secrets/globex" }]);
  });

  it("with a host for each tenant, also in the middle, with a port", () => {
    const issuer = "https://login.{tenant}.example.com:8443/oidc";
    const iss = "https://login.acme.example.com:8443/oidc";
    const keys = [{ from: "discovery", issuer: iss, metadata: "openid" }];
    expect(keysOf({ issuer, tenants: ["acme"] })).toEqual({ [iss]: keys });
  });

  it("without a claim that names the tenant, because the keys distinguish tenants, unless the policy names such a claim", () => {
    expect(compile({}).issuers.get(acme)).toMatchObject({ template: undefined, tenantOf: REALMS, conditions: [] });
    const condition = { claim: { text: "org", path: ["org"] }, tests: [{ is: "equals", value: "globex" }] };
    const { conditions } = compile({ claims: { tenant: "org" } }).issuers.get(globex) ?? expect.fail();
    expect(conditions).toEqual([{ ...condition, absent: "refused" }]);
  });

  it("but an entry with the exact identifier takes precedence, and does not use the template's keys", () => {
    const issuers = { own: { issuer: acme, audiences: ["other"] }, all: (documentOf({}).issuers as Members).acme };
    const policy = compileDocument({ ...documentOf({}), issuers, defaults: { accept: ["all", "own"] } });
    expect(Object.fromEntries([...policy.issuers].map(([iss, { id }]) => [iss, id]))).toEqual({
      [acme]: "own",
      [globex]: "all",
    });
  });

  it("one iss belongs to one tenant of one entry", () => {
    const { acme: entry } = documentOf({}).issuers as Members;
    const twice = { ...documentOf({}), issuers: { one: entry, two: entry }, defaults: { accept: ["one", "two"] } };
    expect(issuesOf(JSON.stringify(twice)).map(({ code }) => code)).toContain("issuer_duplicate");
  });
});

describe("a policy that would let a token choose an address or keys is refused", () => {
  const inHost = (...tenants: string[]) => ({ issuer: "https://{t}.example.com", tenants });
  const keysAt = (jwks_uri: string) => ({ keys: { jwks_uri } });
  const inlineKey = { kty: "OKP", crv: "Ed25519", x: "A".repeat(43) };
  const ofHost = { issuer: "https://{t}.example.com", ...keysAt("https://example.com/jwks") };
  const keys = (others: Members) => ({ keys: { discovery: true, ...others } });
  const shared = (name: string) =>
    new RegExp(`but ${name} would verify the tokens of every tenant\\. Write \\{realm\\} into each source`);
  it.each<[what: string, issuer: Members, at: string, message: RegExp]>([
    [
      "every tenant, by discovery",
      { tenants: ["*"] },
      "tenants",
      /the plugin never fetches keys for a name from a token/,
    ],
    [
      "every tenant, with the placeholder in an address",
      { tenants: ["*"], ...keysAt("https://sso.example.com/{realm}/jwks") },
      "tenants",
      /Replace "\*" by the names, or use one key URL/,
    ],
    ["every tenant, in the host", inHost("*"), "tenants", /the policy must list the tenants/],
    [
      "files for all tenants together with keys of one tenant",
      keys({ jwks_files: ["keys/shared.jwks"] }),
      "keys",
      shared("jwks_files"),
    ],
    ["an address for all", keys({ jwks_uri: "https://a.example/k" }), "keys", shared("jwks_uri")],
    [
      "metadata for all",
      { keys: { metadata_uri: "https://a.example/m", jwks_files: ["{realm}"] } },
      "keys",
      shared("metadata_uri"),
    ],
    [
      "PEM and JWKS for all",
      keys({ pem_files: [{ file: "a.pem" }], jwks_files: ["k"] }),
      "keys",
      shared("jwks_files, pem_files"),
    ],
    [
      "secrets for all",
      { algorithms: ["HS256", "ES256"], ...keys({ secret_files: [{ file: "a", encoding: "hex" }] }) },
      "keys",
      shared("secret_files"),
    ],
    ["keys in the policy for all", keys({ jwks: { keys: [inlineKey] } }), "keys", shared("jwks")],
    ["shared keys under hosts of tenants", ofHost, "keys", /needs keys for each tenant: use discovery, or write \{t\}/],
    ["plain http", { issuer: "http://sso.example.com/{realm}" }, "issuer", /must be an https URL/],
    ["a tenant with capitals in the host", inHost("Acme"), "tenants/0", /a part of a host name/],
    ["a tenant with an underscore in the host", inHost("a_b"), "tenants/0", /a part of a host/],
    ["a hyphen at the end in the host", inHost("a", "b-"), "tenants/1", /a part of a host/],
    ["a hyphen at the start in the host", inHost("-b"), "tenants/0", /a part of a host/],
    [
      "more than 63 characters in the host",
      inHost("a".repeat(63), "a".repeat(64)),
      "tenants/1",
      /at most 63 lower-case letters, digits and hyphens/,
    ],
    [
      "a tenant with an underscore in the host of an address of keys",
      { tenants: ["A"], ...keysAt("https://{realm}.example.com/jwks") },
      "tenants/0",
      /a part of a host/,
    ],
    ["the last part of the host", { issuer: "https://example.{t}" }, "issuer", /must be an https URL/],
    ["a host that is the tenant", { issuer: "https://{t}" }, "issuer", /must be an https URL/],
    ["a part of a label", { issuer: "https://x{t}.example.com" }, "issuer", /must be an https URL/],
    ["two placeholders", { issuer: "https://{t}.example.com/{u}" }, "issuer", /must be an https URL/],
    ["tenants without a place for their names", { issuer: "https://sso.example.com" }, "issuer", /./],
    [
      "another placeholder in an address",
      keysAt("https://sso.example.com/{realm}/{other}/jwks"),
      "keys/jwks_uri",
      /Braces in a key URL mark a tenant/,
    ],
  ])("%s", (_what, issuer, at, message) => {
    const findings = issuesOf(JSON.stringify(documentOf(issuer))).map(({ pointer, message: text }) => [pointer, text]);
    expect(findings).toEqual([[`/issuers/acme/${at}`, expect.stringMatching(message)]]);
  });

  it.each(["a.b", "a/b", "..", "a%2e", "a:1", "a@b", "", " "])("a tenant %j, in any issuer", (tenant) => {
    expect(messagesOf({ tenants: [tenant] })).toEqual([expect.stringMatching(/^invalid_value/)]);
  });
});

it("for all tenants, the addresses of keys differ only in the tenant, and belong to the provider", () => {
  const tenant = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);
  fc.assert(
    fc.property(fc.uniqueArray(tenant, { minLength: 1, maxLength: 5 }), (tenants) => {
      const { issuers } = compile({ tenants, keys: { jwks_uri: "https://sso.example.com/r/{realm}/jwks" } });
      expect([...issuers.keys()]).toEqual(tenants.map((name) => `https://sso.example.com/realms/${name}`));
      for (const [index, { keys }] of [...issuers.values()].entries()) {
        const [origin] = keys;
        const url = new URL(origin?.from === "jwks_uri" ? origin.uri : "");
        expect([url.origin, url.pathname]).toEqual(["https://sso.example.com", `/r/${tenants[index]}/jwks`]);
      }
    }),
    { numRuns: 100 },
  );
});
