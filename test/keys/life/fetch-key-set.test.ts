import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KeyOrigin } from "../../../plugin/core/model/policy.ts";
import { createFetcher, type FetchJson } from "../../../plugin/keys/fetch/fetch-json.ts";
import { fetchKeySet } from "../../../plugin/keys/life/fetch-key-set.ts";
import type { Answer } from "../key-server.ts";
import { type KeyServer, startKeyServer, status } from "../key-server.ts";

const PATIENCE_MS = 60_000;
const KEY_SET = { keys: [{ kty: "RSA" }] };
let server: KeyServer;
beforeAll(async () => {
  server = await startKeyServer();
  server.answer("/jwks", { json: KEY_SET });
});
afterAll(() => server.stop());

const fetchJson = createFetcher();
type WebOrigin = Exclude<KeyOrigin, { readonly file: string }>;
const fetchFrom = (origin: WebOrigin): Promise<unknown> =>
  fetchKeySet(origin, fetchJson, { timeoutMs: PATIENCE_MS }).then(({ jwks }) => jwks);

/** Serves metadata of the issuer `<origin><path>` and discovers from there. */
function discover(path: string, metadata: (issuer: string) => unknown): Promise<unknown> {
  const issuer = `${server.origin}${path}`;
  server.answer(`${path.replace(/\/$/, "")}/.well-known/openid-configuration`, { json: metadata(issuer) });
  return fetchFrom({ from: "discovery", issuer, metadata: "openid" });
}

it("uses inline keys without a request", async () => {
  const before = server.requests.length;
  expect(await fetchFrom({ from: "jwks", jwks: KEY_SET })).toBe(KEY_SET);
  expect(server.requests).toHaveLength(before);
});

it("fetches a jwks_uri, and returns how long the answer is fresh", async () => {
  expect(await fetchFrom({ from: "jwks_uri", uri: `${server.origin}/jwks` })).toEqual(KEY_SET);
  const fresh: Answer = (_request, response) =>
    void response.setHeader("cache-control", "max-age=60").end('{"keys":[]}');
  server.answer("/fresh", fresh);
  const origin: WebOrigin = { from: "jwks_uri", uri: `${server.origin}/fresh` };
  expect(await fetchKeySet(origin, fetchJson, { timeoutMs: PATIENCE_MS })).toMatchObject({ freshForSeconds: 60 });
});

it.each<[path: string, metadata: string]>([
  ["", "/.well-known/oauth-authorization-server"],
  ["/", "/.well-known/oauth-authorization-server"],
  ["/realms/acme", "/.well-known/oauth-authorization-server/realms/acme"],
  ["/realms/acme/", "/.well-known/oauth-authorization-server/realms/acme"],
])("RFC 8414: the metadata of an issuer at %j is at %s, and nothing else is tried", async (path, metadata) => {
  const issuer = `${server.origin}${path}`;
  server.answer(metadata, { json: { issuer, jwks_uri: `${server.origin}/jwks` } });
  const before = server.requests.length;
  expect(await fetchFrom({ from: "discovery", issuer, metadata: "oauth" })).toEqual(KEY_SET);
  server.answer(metadata, status(404));
  await expect(fetchFrom({ from: "discovery", issuer, metadata: "oauth" })).rejects.toThrow(/status 404$/);
  expect(server.requests.slice(before)).toEqual([metadata, "/jwks", metadata]);
});

describe("metadata at an address of its own", () => {
  const origin = (): WebOrigin => ({ from: "metadata_uri", uri: `${server.origin}/odd?a=1`, issuer: "urn:acme" });

  it("leads to the keys if it names the policy's issuer", async () => {
    server.answer("/odd?a=1", { json: { issuer: "urn:acme", jwks_uri: `${server.origin}/jwks?a=1` } });
    server.answer("/jwks?a=1", { json: KEY_SET });
    expect(await fetchFrom(origin())).toEqual(KEY_SET);
  });

  it("leads to the keys of many tenants if it names the policy's template", async () => {
    const issuer = "https://login.example.com/{tenantid}/v2.0";
    server.answer("/common", { json: { issuer, jwks_uri: `${server.origin}/jwks` } });
    const uri = `${server.origin}/common`;
    expect(await fetchFrom({ from: "metadata_uri", uri, issuer })).toEqual(KEY_SET);
    const other = issuer.replace("tenantid", "tenant");
    const elsewhere: WebOrigin = { from: "metadata_uri", uri, issuer: other };
    await expect(fetchFrom(elsewhere)).rejects.toThrow(/names an issuer that is not/);
  });

  it("is refused if it names another issuer, and the message does not contain its query", async () => {
    server.answer("/odd?a=1", { json: { issuer: "urn:acme2", jwks_uri: `${server.origin}/jwks` } });
    const why = "names an issuer that is not the policy's issuer: urn:acme2, expected urn:acme";
    await expect(fetchFrom(origin())).rejects.toThrow(new Error(`${server.origin}/odd?… ${why}`));
  });
});

describe("discovers keys", () => {
  it.each(["", "/", "/realms/acme", "/realms/acme/"])("of an issuer at %j", async (path) => {
    const metadata = (issuer: string): unknown => ({ issuer, jwks_uri: `${server.origin}/jwks` });
    expect(await discover(path, metadata)).toEqual(KEY_SET);
  });

  const leadsTo = (jwks_uri: unknown) => (issuer: string) => ({ issuer, jwks_uri });
  const named = (suffix: string) => (issuer: string) => ({ issuer: `${issuer}${suffix}`, jwks_uri: `${issuer}/jwks` });
  const differs = /: http:\S+\/opx, expected http:\S+\/op; it differs only by the path/;
  it.each<[what: string, metadata: (issuer: string) => unknown, cause: RegExp]>([
    ["names another issuer", named("x"), differs],
    ["names the issuer with a slash more", named("/"), /names an issuer that is not/],
    ["names no issuer", (issuer) => ({ jwks_uri: `${issuer}/jwks` }), /issuer or jwks_uri is missing$/],
    ["has no jwks_uri", (issuer) => ({ issuer }), /issuer or jwks_uri is missing$/],
    ["is a list", () => [], /not a JSON object: not an object$/],
    ["has another issuer that is not a string", () => ({ issuer: {}, jwks_uri: "" }), /names an issuer that is not/],
    ["has a jwks_uri by plain http", leadsTo("http://idp.example.com/jwks"), /jwks_uri that is not an https URL$/],
    ["has a jwks_uri that is a file", leadsTo("file:///etc/passwd"), /not an https URL$/],
    ["has a jwks_uri that is not a URL", leadsTo("/jwks"), /not an https URL$/],
    ["has a jwks_uri that is not a string", leadsTo(["https://idp.example.com/jwks"]), /not an https URL$/],
  ])("and refuses metadata that %s", async (_what, metadata, cause) => {
    const before = server.requests.length;
    await expect(discover("/op", metadata)).rejects.toThrow(cause);
    expect(server.requests.slice(before)).toEqual(["/op/.well-known/openid-configuration"]);
  });

  it("and says which of the two addresses failed", async () => {
    server.answer("/gone", status(410));
    const metadata = (issuer: string): unknown => ({ issuer, jwks_uri: `${server.origin}/gone` });
    await expect(discover("/op", metadata)).rejects.toThrow(`GET ${server.origin}/gone failed: status 410`);
    const nobody: WebOrigin = { from: "discovery", issuer: `${server.origin}/nobody`, metadata: "openid" };
    const address = `${server.origin}/nobody/.well-known/openid-configuration`;
    await expect(fetchFrom(nobody)).rejects.toThrow(`GET ${address} failed: status 404`);
  });
});

describe("addresses in metadata", () => {
  const answer =
    (jwksUri: string): FetchJson =>
    async (url) => ({
      body: url.endsWith("/m") ? { issuer: "i", jwks_uri: jwksUri } : { keys: [], from: url },
      freshForSeconds: undefined,
    });
  const follow = async (uri: string, jwksUri: string, allowHttp?: true): Promise<unknown> => {
    const origin: WebOrigin = { from: "metadata_uri", uri, issuer: "i", ...(allowHttp && { allowHttp }) };
    return (await fetchKeySet(origin, answer(jwksUri), { timeoutMs: PATIENCE_MS })).jwks;
  };

  it.each<[from: string, to: string, allowHttp?: true]>([
    ["https://idp.example.com/m", "https://keys.example.net/certs"],
    ["https://idp.example.com/m", "https://idp.example.com/certs?p=b2c_1"],
    ["http://127.0.0.1/m", "http://localhost/certs"],
    ["http://127.0.0.1/m", "https://idp.example.com/certs"],
    ["http://idp.internal/m", "http://keys.internal/certs", true],
    ["https://localhost/m", "https://127.0.0.1/certs"],
  ])("from %s to %s", async (from, to, allowHttp) => {
    expect(await follow(from, to, allowHttp)).toEqual({ keys: [], from: to });
  });

  it.each<[from: string, to: string, allowHttp?: true]>([
    ["https://idp.example.com/m", "http://idp.example.com/certs"],
    ["https://idp.example.com/m", "http://idp.example.com/certs", true],
    ["https://localhost/m", "http://localhost/certs"],
    ["http://127.0.0.1/m", "http://idp.example.com/certs"],
    ["https://idp.example.com/m", "https://localhost/certs"],
    ["https://idp.example.com/m", "https://0x7f.1/certs"],
    ["https://idp.example.com/m", "https://[::1]/certs"],
    ["https://idp.example.com/m", "https://user@idp.example.com/certs"],
  ])("not from %s to %s", async (from, to, allowHttp) => {
    const cause = /has a jwks_uri (?:that is not an https URL|on loopback)/;
    await expect(follow(from, to, allowHttp)).rejects.toThrow(cause);
  });

  it("not to an address that is too long", async () => {
    const longest = `https://idp.example.com/${"x".repeat(2_024)}`;
    expect(await follow("https://idp.example.com/m", longest)).toEqual({ keys: [], from: longest });
    await expect(follow("https://idp.example.com/m", `${longest}x`)).rejects.toThrow(/not an https URL/);
  });
});
