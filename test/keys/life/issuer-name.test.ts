import { describe, expect, it } from "vitest";
import type { CompiledIssuer, KeyOrigin } from "../../../plugin/core/model/policy.ts";
import { nameIssuer, namePlace, nameSource } from "../../../plugin/keys/life/issuer-name.ts";
import { compileIssuer } from "../../core/fixtures.ts";

const algorithms = (...names: readonly string[]) => ({ algorithms: new Set(names) });
const ISSUER = { ...compileIssuer(), ...algorithms("RS256", "PS256", "ES256", "HS256", "HS384") };
const uri = "https://idp.example/jwks";

describe("issuers share their keys", () => {
  it.each<[what: string, changes: Partial<CompiledIssuer>]>([
    ["with other ids and audiences", { id: "b", audiences: new Set(["b"]), clockSkewSeconds: 1 }],
    ["with another order of algorithms for different keys", algorithms("ES256", "HS256", "RS256", "HS384", "PS256")],
  ])("%s", (_what, changes) => {
    expect(nameIssuer({ ...ISSUER, ...changes })).toBe(nameIssuer(ISSUER));
  });

  it.each<[what: string, changes: Partial<CompiledIssuer>]>([
    ["identifiers", { issuer: "https://other.example" }],
    ["tenants", { tenantOf: "https://idp.example/{tenant}" }],
    ["templates", { template: {} as never }],
    ["sources", { keys: [{ from: "jwks_uri", uri: "https://other.example" }] }],
    ["times of refreshes", { keyRefresh: { ...ISSUER.keyRefresh, minSeconds: 1 } }],
    ["algorithms", algorithms("RS256", "PS256", "ES384", "HS256", "HS384")],
    ["orders of RSA algorithms", algorithms("PS256", "RS256", "ES256", "HS256", "HS384")],
    ["orders of HMAC algorithms", algorithms("RS256", "PS256", "ES256", "HS384", "HS256")],
  ])("not with different %s", (_what, changes) => {
    expect(nameIssuer({ ...ISSUER, ...changes })).not.toBe(nameIssuer(ISSUER));
  });
});

describe("a source of keys", () => {
  const origins: readonly KeyOrigin[] = [
    { from: "jwks_uri", uri },
    { from: "jwks_uri", uri: `${uri}2` },
    { from: "metadata_uri", uri, issuer: "a" },
    { from: "metadata_uri", uri, issuer: "b" },
    { from: "discovery", issuer: "a", metadata: "openid" },
    { from: "discovery", issuer: "a", metadata: "oauth" },
    { from: "jwks", jwks: { keys: [] } },
    { from: "jwks", jwks: { keys: [{}] } },
    { from: "jwks_file", file: "a" },
    { from: "jwks_file", file: "b" },
    { from: "pem_file", file: "a", kid: undefined },
  ];

  it("has a name of its own for each place and each issuer", () => {
    const names = [ISSUER, { ...ISSUER, issuer: "https://other.example" }].flatMap((issuer) =>
      origins.map((origin) => nameSource(issuer, origin)),
    );
    expect(new Set(names).size).toBe(2 * origins.length);
  });

  it.each<[KeyOrigin, KeyOrigin]>([
    [
      { from: "jwks_uri", uri, allowHttp: true },
      { from: "jwks_uri", uri, thumbprints: ["t"] },
    ],
    [
      { from: "pem_file", file: "a", kid: "1" },
      { from: "pem_file", file: "a", kid: "2", alg: "RS256" },
    ],
  ])("has the same name with any options, but its stored keys have another name: %j, %j", (one, other) => {
    expect(nameSource(ISSUER, one)).toBe(nameSource(ISSUER, other));
    expect(namePlace(ISSUER, one)).not.toBe(namePlace(ISSUER, other));
  });
});

it("the names of stored keys stay the same in later versions", () => {
  const issuer = { ...ISSUER, issuer: "i", ...algorithms("ES256"), keys: [], keyRefresh: {} as never };
  const name = '["i",false,null,[],{},["ES256"],[[],[]]]';
  expect(namePlace(issuer, { from: "jwks_uri", uri })).toBe(JSON.stringify([name, { from: "jwks_uri", uri }]));
  expect(nameSource(issuer, { from: "jwks_uri", uri })).toBe(`["i","jwks_uri","${uri}",null,null,null,null]`);
});
