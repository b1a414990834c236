import { calculateJwkThumbprint, type JWK } from "jose";
import { describe, expect, it } from "vitest";
import type { FetchJson } from "../../../plugin/keys/fetch/fetch-json.ts";
import { importKeySet } from "../../../plugin/keys/import/import-key-set.ts";
import { loadKeySet } from "../../../plugin/keys/life/load-key-set.ts";
import { compileIssuer } from "../../core/fixtures.ts";
import { generateSigningKey } from "../../tokens.ts";
import { noFiles } from "../store/no-files.ts";

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

const issuer = compileIssuer({ algorithms: ["RS256", "EdDSA", "ES256"] });
const take = async (keys: readonly JWK[], thumbprints?: readonly string[]): Promise<number> =>
  (await importKeySet({ keys }, issuer, thumbprints)).keys.length;

describe("a key is recognised by its RFC 7638 thumbprint", () => {
  it.each([
    ["RSA", RSA, RSA_THUMBPRINT],
    ["Ed25519", OKP, OKP_THUMBPRINT],
  ])("%s, with any other members", async (_what, jwk, thumbprint) => {
    expect(await take([jwk], ["x", thumbprint])).toBe(1);
    expect(await take([{ ...jwk, kid: "other", use: "sig" }], [thumbprint])).toBe(1);
    expect(await take([jwk], ["x"])).toBe(0);
    expect(await take([jwk], [])).toBe(0);
  });

  it("and any key is accepted if the policy names no thumbprints", async () => {
    expect(await take([RSA, OKP])).toBe(2);
  });
});

const own = generateSigningKey("ES256", "1").publicJwk;
const foreign = generateSigningKey("ES256", "1").publicJwk;

it("only the pinned keys of a key set are used, even if another key has the pinned key's kid", async () => {
  const thumbprints = [await calculateJwkThumbprint(own)];
  const { keys, ignored } = await importKeySet({ keys: [foreign, own, { kty: "EC", kid: "2" }] }, issuer, thumbprints);
  expect(keys.map(({ kid }) => kid)).toEqual(["1"]);
  expect(ignored).toEqual(['key 0, kid "1": the policy does not name the key\'s thumbprint']);
});

it("a policy's thumbprints apply to fetched keys", async () => {
  const fetchJson: FetchJson = async () => ({ body: { keys: [{ ...foreign }, { ...own }] }, freshForSeconds: 60 });
  const thumbprints = [await calculateJwkThumbprint(own)];
  const origin = { from: "jwks_uri", uri: "https://x.example", thumbprints } as const;
  const loaded = await loadKeySet(origin, { files: noFiles, fetchJson }, 1_000);
  expect(loaded.freshForSeconds).toBe(60);
  const { keys, ignored } = await loaded.importFor(issuer);
  expect(keys).toHaveLength(1);
  expect(ignored).toHaveLength(1);
});
