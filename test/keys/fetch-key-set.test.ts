import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetchKeySet, readJwksUri } from "../../plugin/keys/fetch-key-set.ts";
import { type KeyServer, startKeyServer, status } from "./key-server.ts";

const PATIENCE_MS = 10_000;
const KEY_SET = { keys: [{ kty: "RSA" }] };
let server: KeyServer;
beforeAll(async () => {
  server = await startKeyServer();
  server.answer("/jwks", { json: KEY_SET });
});
afterAll(() => server.stop());

/** Serves metadata of the issuer `<origin><path>` and discovers from there. */
function discover(path: string, metadata: (issuer: string) => unknown): Promise<unknown> {
  const issuer = `${server.origin}${path}`;
  server.answer(`${path.replace(/\/$/, "")}/.well-known/openid-configuration`, { json: metadata(issuer) });
  return fetchKeySet({ from: "discovery", issuer }, PATIENCE_MS);
}

it("takes inline keys as they are, without a request", async () => {
  const before = server.requests.length;
  expect(await fetchKeySet({ from: "jwks", jwks: KEY_SET }, PATIENCE_MS)).toBe(KEY_SET);
  expect(server.requests).toHaveLength(before);
});

it("fetches a jwks_uri", async () => {
  expect(await fetchKeySet({ from: "jwks_uri", uri: `${server.origin}/jwks` }, PATIENCE_MS)).toEqual(KEY_SET);
});

describe("discovers keys", () => {
  it.each(["", "/", "/realms/acme", "/realms/acme/"])("of an issuer at %j", async (path) => {
    const metadata = (issuer: string): unknown => ({ issuer, jwks_uri: `${server.origin}/jwks` });
    expect(await discover(path, metadata)).toEqual(KEY_SET);
  });

  it.each<[what: string, metadata: (issuer: string) => unknown, cause: RegExp]>([
    [
      "names another issuer",
      (issuer) => ({ issuer: `${issuer}x`, jwks_uri: `${issuer}/jwks` }),
      /names another issuer than the policy$/,
    ],
    [
      "names the issuer with a slash more",
      (issuer) => ({ issuer: `${issuer}/`, jwks_uri: `${issuer}/jwks` }),
      /names another issuer/,
    ],
    ["names no issuer", (issuer) => ({ jwks_uri: `${issuer}/jwks` }), /issuer or jwks_uri is missing$/],
    ["has no jwks_uri", (issuer) => ({ issuer }), /issuer or jwks_uri is missing$/],
    ["is a list", () => [], /issuer or jwks_uri is missing$/],
    ["is null", () => null, /issuer or jwks_uri is missing$/],
    ["is a text", () => "metadata", /issuer or jwks_uri is missing$/],
    [
      "has a jwks_uri by plain http",
      (issuer) => ({ issuer, jwks_uri: "http://idp.example.com/jwks" }),
      /jwks_uri that is not an https URL$/,
    ],
    ["has a jwks_uri that is a file", (issuer) => ({ issuer, jwks_uri: "file:///etc/passwd" }), /not an https URL$/],
    ["has a jwks_uri that is no URL", (issuer) => ({ issuer, jwks_uri: "/jwks" }), /not an https URL$/],
    [
      "has a jwks_uri that is not a string",
      (issuer) => ({ issuer, jwks_uri: [`${issuer}/jwks`] }),
      /not an https URL$/,
    ],
  ])("and refuses metadata that %s", async (_what, metadata, cause) => {
    const before = server.requests.length;
    await expect(discover("/op", metadata)).rejects.toThrow(cause);
    expect(server.requests.slice(before)).toEqual(["/op/.well-known/openid-configuration"]);
  });

  it("and says which of the two addresses failed", async () => {
    server.answer("/gone", status(410));
    const metadata = (issuer: string): unknown => ({ issuer, jwks_uri: `${server.origin}/gone` });
    await expect(discover("/op", metadata)).rejects.toThrow(`GET ${server.origin}/gone failed: status 410`);
    await expect(fetchKeySet({ from: "discovery", issuer: `${server.origin}/nobody` }, PATIENCE_MS)).rejects.toThrow(
      `GET ${server.origin}/nobody/.well-known/openid-configuration failed: status 404`,
    );
  });
});

describe("an issuer that is reached by https", () => {
  const issuer = "https://idp.example.com";
  const read = (uri: string): string => readJwksUri({ issuer, jwks_uri: uri }, issuer, "the metadata");

  it("may have its keys at another host", () => {
    expect(read("https://keys.example.com/jwks")).toBe("https://keys.example.com/jwks");
  });

  it.each(["http://127.0.0.1:8001/jwks", "http://localhost/jwks", "http://[::1]/jwks"])(
    "does not send us by http to what else runs on this machine: %s",
    (uri) => {
      expect(() => read(uri)).toThrow("the metadata has a jwks_uri that is not an https URL");
    },
  );
});
