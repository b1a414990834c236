import { type createPublicKey, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { importPem } from "../../../plugin/keys/import/import-pem.ts";
import { compileIssuer } from "../../core/fixtures.ts";
import { CERTIFICATE } from "../fetch/certificate.ts";

const issuer = compileIssuer({ algorithms: ["RS256", "ES256", "EdDSA"] });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const spki = (key: ReturnType<typeof createPublicKey>): string => String(key.export({ type: "spki", format: "pem" }));

const UNNAMED = { kid: undefined };

describe("a PEM file is one public key", () => {
  it("and an RSA key is used for the algorithm that the policy names", async () => {
    const both = compileIssuer({ algorithms: ["RS256", "PS256"] });
    const served = async (alg?: string): Promise<string[]> =>
      (await importPem(spki(rsa.publicKey), { kid: "1", ...(alg && { alg }) }, both)).keys.map((key) => key.algorithm);
    expect(await Promise.all([undefined, "RS256", "PS256", "ES256"].map(served))).toEqual([
      ...[["RS256"], ["RS256"], ["PS256"], []],
    ]);
  });

  it.each<[what: string, text: string, algorithm: string]>([
    ["RSA in SPKI form", spki(rsa.publicKey), "RS256"],
    ["RSA in its older form", String(rsa.publicKey.export({ type: "pkcs1", format: "pem" })), "RS256"],
    ["P-256", spki(ec.publicKey), "ES256"],
    ["Ed25519", spki(generateKeyPairSync("ed25519").publicKey), "EdDSA"],
    ["an X.509 certificate", CERTIFICATE, "ES256"],
    ["with words before it", `our key of 2026:\n${spki(ec.publicKey)}`, "ES256"],
  ])("%s", async (_what, text, algorithm) => {
    const { keys, ignored } = await importPem(text, UNNAMED, issuer);
    expect([keys.map((key) => [key.kid, key.algorithm]), ignored]).toEqual([[[undefined, algorithm]], []]);
  });

  it("with the kid that the policy gives it", async () => {
    const { keys } = await importPem(spki(ec.publicKey), { kid: "2026-11" }, issuer);
    expect(keys.map(({ kid }) => kid)).toEqual(["2026-11"]);
  });

  it("and a weak key is not used", async () => {
    const weak = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
    const ignored = ["key 0: an RSA key of 1024 bits; only 2048 to 8192 bits are allowed"];
    expect(await importPem(spki(weak), UNNAMED, issuer)).toMatchObject({ keys: [], ignored, leaked: [] });
  });
});

describe("a file with a private key gives no key, and the key counts as leaked", () => {
  const ownPem = String(ec.privateKey.export({ type: "pkcs8", format: "pem" }));
  const encrypted = ec.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" });
  it.each<[what: string, text: string, isKnown: boolean]>([
    ["PKCS #8", ownPem, true],
    ["its older form", String(ec.privateKey.export({ type: "sec1", format: "pem" })), true],
    ["behind its own public key", spki(ec.publicKey) + ownPem, true],
    ["encrypted: its owner is unknown", String(encrypted), false],
    ["cut off", ownPem.slice(0, 60), false],
  ])("%s", async (_what, text, isKnown) => {
    const { keys, leaked, leakedThumbprints } = await importPem(text, { kid: "1" }, issuer);
    const reason =
      "the file has a private key; replace this key at the issuer, keep the new private key there, and put only its public key here";
    expect([keys, leaked]).toEqual([[], [reason]]);
    const [own] = (await importPem(spki(ec.publicKey), { kid: "1" }, issuer)).keys;
    expect(leakedThumbprints).toEqual(isKnown ? [own?.thumbprint] : []);
  });
});

describe("is refused", () => {
  const DAMAGED = "the file is damaged, or its key is of an unknown type";
  const count = (found: number) => `the file must have one public key or certificate in PEM, but it has ${found}`;
  it.each<[what: string, text: string, why: string]>([
    ["nothing", "", count(0)],
    ["two keys: which is meant?", spki(rsa.publicKey) + spki(ec.publicKey), count(2)],
    ["a damaged key", spki(ec.publicKey).replace("MF", "AA"), DAMAGED],
    ["a damaged certificate", CERTIFICATE.replace("MII", "AAA"), DAMAGED],
    ["something else", "-----BEGIN DH PARAMETERS-----\nMAYCAQICAQI=\n-----END DH PARAMETERS-----\n", DAMAGED],
  ])("%s", async (_what, text, why) => {
    await expect(async () => importPem(text, UNNAMED, issuer)).rejects.toThrow(new Error(why));
  });
});
