import { calculateJwkThumbprint, type JWK } from "jose";
import { describe, expect, it } from "vitest";
import { importKeySet } from "../../plugin/keys/import-key-set.ts";
import { isPinned } from "../../plugin/keys/pinned-key.ts";
import { compileIssuer } from "../core/fixtures.ts";
import { generateSigningKey } from "../tokens.ts";

/** The key of RFC 7638 section 3.1. */
const RSA: JWK = {
  kty: "RSA",
  n: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
  e: "AQAB",
  alg: "RS256",
  kid: "2011-04-29",
};
const RSA_THUMBPRINT = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
/** The key of RFC 8037 appendix A.2. */
const OKP: JWK = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
const OKP_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

const pinned = (...thumbprints: readonly string[]) => ({ from: "jwks_uri" as const, uri: "https://x", thumbprints });

describe("a key is known by its RFC 7638 thumbprint", () => {
  it.each([
    ["RSA", RSA, RSA_THUMBPRINT],
    ["Ed25519", OKP, OKP_THUMBPRINT],
  ])("%s, whatever else it says of itself", async (_what, jwk, thumbprint) => {
    expect(await isPinned(jwk, pinned("x", thumbprint))).toBe(true);
    expect(await isPinned({ ...jwk, kid: "other", use: "sig" }, pinned(thumbprint))).toBe(true);
    expect(await isPinned(jwk, pinned("x"))).toBe(false);
    expect(await isPinned(jwk, pinned())).toBe(false);
  });

  it("and any key is fine where the policy names none", async () => {
    expect(await isPinned(RSA, { from: "jwks_uri", uri: "https://x" })).toBe(true);
    expect(await isPinned(RSA, { from: "jwks", jwks: { keys: [] } })).toBe(true);
  });
});

it("of a key set only the pinned keys are used, even under the pinned key's kid", async () => {
  const own = generateSigningKey("ES256", "1").publicJwk;
  const foreign = generateSigningKey("ES256", "1").publicJwk;
  const issuer = { ...compileIssuer(), keys: pinned(await calculateJwkThumbprint(own)) };
  const { keys, ignored } = await importKeySet({ keys: [foreign, own, { kty: "EC", kid: "2" }] }, issuer);
  expect(keys.map(({ kid }) => kid)).toEqual(["1"]);
  expect(ignored).toEqual([
    "key 0: its thumbprint is not among those that the policy names",
    expect.stringMatching(/^key 2: ./),
  ]);
  expect((await importKeySet({ keys: [foreign] }, issuer)).keys).toEqual([]);
});
