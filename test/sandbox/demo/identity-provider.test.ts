import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tamper } from "../../../sandbox/demo/examples.ts";
import { type IdentityProvider, startIdentityProvider } from "../../../sandbox/demo/identity-provider.ts";

let provider: IdentityProvider;
beforeAll(async () => {
  provider = await startIdentityProvider(0);
});
afterAll(() => provider.stop());

async function discover(): Promise<{ issuer: string; jwks_uri: string }> {
  return (await fetch(`${provider.issuer}/.well-known/openid-configuration`)).json() as never;
}

describe("the sandbox's OpenID provider", () => {
  test("is found by discovery from its issuer", async () => {
    const { issuer, jwks_uri } = await discover();
    expect(issuer).toBe(provider.issuer);
    expect(jwks_uri).toMatch(`${provider.issuer}/`);
  });

  test.each([
    ["payments", "RS256", "payments:read refunds:read", "https://api.example.com/payments"],
    ["platform", "ES256", "orders:read", "https://api.example.com/platform"],
  ] as const)("issues RFC 9068 tokens for %s, signed with %s", async (resource, algorithm, scope, audience) => {
    const token = await provider.mintToken({ client: "back-office", resource, scope });
    const keys = createRemoteJWKSet(new URL((await discover()).jwks_uri));
    const { payload, protectedHeader } = await jwtVerify(token, keys);
    expect(protectedHeader).toMatchObject({ alg: algorithm, typ: "at+jwt", kid: expect.any(String) });
    expect(payload).toMatchObject({
      iss: provider.issuer,
      aud: audience,
      sub: "back-office",
      client_id: "back-office",
      scope,
      roles: ["merchant", "support"],
      jti: expect.any(String),
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
  });

  test("grants no scope that the resource does not have", async () => {
    const token = await provider.mintToken({
      client: "back-office",
      resource: "ledger",
      scope: "payments:read payments:write",
    });
    expect(JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).scope).toBe("payments:read");
  });

  test("a tampered token is a different, well-formed token", async () => {
    const token = await provider.mintToken({ client: "back-office", resource: "ledger", scope: "payments:read" });
    const changed = tamper(token);
    expect(changed).not.toBe(token);
    expect(changed).toHaveLength(token.length);
    expect(changed.split(".").slice(0, 2)).toEqual(token.split(".").slice(0, 2));
  });
});
