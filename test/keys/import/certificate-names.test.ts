import { createHash, X509Certificate } from "node:crypto";
import type { JWK } from "jose";
import { describe, expect, it } from "vitest";
import { importKeySet } from "../../../plugin/keys/import/import-key-set.ts";
import { importPem } from "../../../plugin/keys/import/import-pem.ts";
import { compileIssuer } from "../../core/fixtures.ts";
import { generateSigningKey } from "../../tokens.ts";
import { CERTIFICATE } from "../fetch/certificate.ts";

const issuer = compileIssuer({ algorithms: ["ES256"] });
const certificate = new X509Certificate(CERTIFICATE);
const jwk = certificate.publicKey.export({ format: "jwk" }) as JWK;
const other = generateSigningKey("ES256", "other").publicJwk;
const x5c = [certificate.raw.toString("base64")];
const thumbprint = (hash: string): string => createHash(hash).update(certificate.raw).digest("base64url");
const COMPUTED = [`x5t ${thumbprint("sha1")}`, `x5t#S256 ${thumbprint("sha256")}`];
const FOREIGN = "its x5c does not begin with a certificate for this key, so no token can name the key by x5c";

/** The certificate and further bytes, as base64 of this length. */
const padTo = (length: number): string =>
  Buffer.concat([certificate.raw, Buffer.alloc((length / 4) * 3 - certificate.raw.byteLength)]).toString("base64");

const namesOf = async (...keys: readonly object[]): Promise<[names: unknown[], notes: readonly string[]]> => {
  const imported = await importKeySet({ keys }, issuer);
  return [imported.keys.map(({ certificateNames }) => certificateNames), imported.notes];
};

describe("the names of a key's certificate", () => {
  it("the thumbprints are those that RFC 7515 describes: SHA-1 and SHA-256 of the DER encoding", () => {
    const hex = (hash: string): string => Buffer.from(thumbprint(hash), "base64url").toString("hex");
    const withoutColons = (text: string): string => text.replaceAll(":", "").toLowerCase();
    expect([hex("sha1"), hex("sha256")]).toEqual(
      [certificate.fingerprint, certificate.fingerprint256].map(withoutColons),
    );
  });

  it.each<[what: string, members: object, names: readonly string[]]>([
    ["none without certificate", {}, []],
    ["those that the key states", { x5t: "A", "x5t#S256": "B" }, ["x5t A", "x5t#S256 B"]],
    ["those of the first certificate", { x5c }, COMPUTED],
    ["of the first alone", { x5c: [...x5c, "AAAA"] }, COMPUTED],
    ["both, where they differ", { x5c, x5t: "A" }, ["x5t A", ...COMPUTED]],
    ["once, where they are equal", { x5c, x5t: thumbprint("sha1") }, COMPUTED],
    ["none that is not a string", { x5t: 1, "x5t#S256": ["A"] }, []],
    [
      "those of 256 characters at most",
      { x5t: "A".repeat(256), "x5t#S256": "B".repeat(257) },
      [`x5t ${"A".repeat(256)}`],
    ],
    ["those of a certificate of 16,384 characters at most, with bytes behind it", { x5c: [padTo(16_384)] }, COMPUTED],
  ])("%s", async (_what, members, names) => {
    expect(await namesOf({ ...jwk, ...members })).toEqual([[names], []]);
  });

  it.each<[what: string, key: object]>([
    ["the certificate of another key", { ...other, x5c }],
    ["no certificate", { ...jwk, x5c: ["AAAA"] }],
    ["an empty list", { ...jwk, x5c: [] }],
    ["no list", { ...jwk, x5c: x5c[0] }],
    ["base64url", { ...jwk, x5c: [certificate.raw.toString("base64url")] }],
    ["PEM", { ...jwk, x5c: [CERTIFICATE] }],
    ["a text of 16,388 characters", { ...jwk, x5c: [padTo(16_388)] }],
    ["a number", { ...jwk, x5c: [1] }],
  ])("do not come from an x5c with %s; the key is still used", async (_what, key) => {
    const [names, notes] = await namesOf({ ...key, kid: "k", x5t: "A" });
    expect([names, notes]).toEqual([[["x5t A"]], [`key 0, kid "k": ${FOREIGN}`]]);
  });

  it("are known from a certificate in a PEM file, and from a stored key set", async () => {
    const [key] = (await importPem(CERTIFICATE, { kid: undefined }, issuer)).keys;
    expect(key?.certificateNames).toEqual(COMPUTED);
    expect(await namesOf(key?.jwk ?? {})).toEqual([[COMPUTED], []]);
    const [stated] = (await importKeySet({ keys: [{ ...jwk, x5t: "A", x5c: [...x5c, ...x5c] }] }, issuer)).keys;
    expect(await namesOf(stated?.jwk ?? {})).toEqual([[["x5t A", ...COMPUTED]], []]);
  });
});
