import { constants, createPublicKey, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { CHECK_OVERLOADED, type SignatureCheck, type VerificationKey } from "../../../plugin/core/model/key.ts";
import { decodeToken } from "../../../plugin/core/token/decode-token.ts";
import { verifySignature } from "../../../plugin/core/token/verify-signature.ts";
import { createVerificationKey } from "../../../plugin/keys/verify/verification-key.ts";
import { denied } from "../../denials.ts";
import { outcomeOf, unwrap } from "../../results.ts";
import { generateSigningKey, mintToken, replaceSignature, type SigningKey, signBytes } from "../../tokens.ts";
import { claimsOf, ISSUER } from "../fixtures.ts";

const CLAIMS = claimsOf();
const ALGORITHMS = [
  ...(["RS256", "PS256", "ES256", "EdDSA", "Ed25519"] as const),
  ...(["RS384", "RS512", "PS384", "PS512", "ES384", "ES512"] as const),
];
const keys = ALGORITHMS.map((alg) => generateSigningKey(alg, "1"));
const [rs256, ps256, es256, eddsa] = keys as [SigningKey, SigningKey, SigningKey, SigningKey];
const INVALID = {
  reason: "signature_invalid",
  detail: expect.stringMatching(/^the signature of \d+ bytes is not valid with the /),
};

function verificationKey({ publicJwk, alg }: SigningKey, algorithm: string = alg): VerificationKey {
  return createVerificationKey(ISSUER, "1", algorithm, createPublicKey({ key: publicJwk, format: "jwk" }));
}

/** The claims or the denial. */
async function verify(token: string, key: VerificationKey): Promise<unknown> {
  return outcomeOf(await verifySignature(unwrap(decodeToken(token)), key));
}

const signatureOf = (token: string): Buffer => Buffer.from(token.slice(token.lastIndexOf(".") + 1), "base64url");
const signingInputOf = (token: string): Buffer => Buffer.from(token.slice(0, token.lastIndexOf(".")));

describe.each(keys.map((key) => [key.alg, key] as const))("%s", (alg, key) => {
  const token = mintToken({ key, claims: CLAIMS });
  const signature = signatureOf(token);
  const own = verificationKey(key);

  it("returns the claims if the signature is valid", async () => {
    expect(await verify(token, own)).toEqual(CLAIMS);
  });

  it("refuses the signature of another key of the same kind", async () => {
    const other = verificationKey(generateSigningKey(alg, "1"));
    expect(await verify(token, other)).toEqual(INVALID);
  });

  it("refuses the signature of another token", async () => {
    const other = mintToken({ key, claims: { ...CLAIMS, sub: "mallory" } });
    expect(await verify(replaceSignature(other, signature), own)).toEqual(INVALID);
  });

  it.each<[what: string, changed: Uint8Array]>([
    ["without its last byte", signature.subarray(0, -1)],
    ["without its first byte", signature.subarray(1)],
    ["with an additional zero byte at its end", Buffer.concat([signature, Buffer.from([0])])],
    ["with an additional zero byte at its start", Buffer.concat([Buffer.from([0]), signature])],
    ["twice in a row", Buffer.concat([signature, signature])],
    ["of a single byte", Buffer.from([1])],
    ["of zeros", Buffer.alloc(signature.length)],
    ["of ones", Buffer.alloc(signature.length, 0xff)],
    ["with its last bit flipped", Buffer.from(signature.map((byte, at) => byte ^ Number(at === signature.length - 1)))],
  ])("refuses a signature %s", async (_what, changed) => {
    expect(await verify(replaceSignature(token, changed), own)).toEqual(INVALID);
  });
});

describe("ES256 accepts only 64 bytes of r and s", () => {
  const token = mintToken({ key: es256, claims: CLAIMS });
  const own = verificationKey(es256);
  const order = Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex");
  const one = Buffer.alloc(32);
  one[31] = 1;

  it("refuses the same signature in DER", async () => {
    const der = sign("sha256", signingInputOf(token), { key: es256.privateKey, dsaEncoding: "der" });
    expect(await verify(replaceSignature(token, der), own)).toEqual(INVALID);
  });

  it.each<[what: string, r: Buffer, s: Buffer]>([
    ["r = s = 0", Buffer.alloc(32), Buffer.alloc(32)],
    ["r = 0, s = 1", Buffer.alloc(32), one],
    ["r = 1, s = 0", one, Buffer.alloc(32)],
    ["r = s = n", order, order],
    ["r = n, s = 1", order, one],
  ])("refuses the psychic signature %s", async (_what, r, s) => {
    expect(await verify(replaceSignature(token, Buffer.concat([r, s])), own)).toEqual(INVALID);
  });

  it("refuses r and s in the wrong order", async () => {
    const signature = signatureOf(token);
    const swapped = Buffer.concat([signature.subarray(32), signature.subarray(0, 32)]);
    expect(await verify(replaceSignature(token, swapped), own)).toEqual(INVALID);
  });
});

describe("PS256 accepts only a salt as long as the hash", () => {
  it.each<[bytes: number, expected: unknown]>([
    [0, INVALID],
    [31, INVALID],
    [32, CLAIMS],
    [33, INVALID],
    [constants.RSA_PSS_SALTLEN_MAX_SIGN, INVALID],
  ])("a salt of %i bytes", async (saltLength, expected) => {
    const token = mintToken({ key: ps256, claims: CLAIMS });
    const options = { key: ps256.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
    const signature = sign("sha256", signingInputOf(token), options);
    expect(await verify(replaceSignature(token, signature), verificationKey(ps256))).toEqual(expected);
  });
  it("refuses a signature over another hash", async () => {
    const token = mintToken({ key: ps256, claims: CLAIMS });
    const options = { key: ps256.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    const signed = replaceSignature(token, sign("sha512", signingInputOf(token), options));
    expect(await verify(signed, verificationKey(ps256))).toEqual(INVALID);
  });
});

describe("a signature of one algorithm is not valid for another, with the same key", () => {
  const ofRsa = ALGORITHMS.filter((alg) => /^[RP]S/.test(alg));
  const pairs = ofRsa.flatMap((signed) => ofRsa.map((said) => [signed, said] as const));
  it.each(pairs.filter(([signed, said]) => signed !== said))("%s is not %s", async (signed, said) => {
    const token = mintToken({ key: { ...rs256, alg: signed }, header: { alg: said }, claims: CLAIMS });
    expect(await verify(token, verificationKey(rs256, said))).toEqual(INVALID);
  });

  it("and the header does not choose: a key for PS256 verifies PS256 with any header", async () => {
    const token = mintToken({ key: { ...rs256, alg: "PS256" }, header: { alg: "RS256" }, claims: CLAIMS });
    expect(await verify(token, verificationKey(rs256, "PS256"))).toEqual(CLAIMS);
  });

  it("RS256 over another hash", async () => {
    const token = mintToken({ key: rs256, claims: CLAIMS });
    const sha512 = sign("sha512", signingInputOf(token), rs256.privateKey);
    expect(await verify(replaceSignature(token, sha512), verificationKey(rs256))).toEqual(INVALID);
  });
});

it("refuses an Ed25519 signature whose s was raised by the group order", async () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const token = mintToken({ key: eddsa, claims: CLAIMS });
  const signature = Buffer.from(signBytes(eddsa, signingInputOf(token)));
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString("hex")}`) + order;
  Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse().copy(signature, 32);
  expect(await verify(replaceSignature(token, signature), verificationKey(eddsa))).toEqual(INVALID);
});

it.each<[kid: string | undefined, name: string]>([
  ["acme-1", "kid acme-1"],
  [undefined, "without kid"],
])("says how long the signature is, and which key was used, with kid %j", async (kid, name) => {
  const key = createVerificationKey(ISSUER, kid, "ES256", createPublicKey({ key: es256.publicJwk, format: "jwk" }));
  const token = replaceSignature(mintToken({ key: es256, claims: CLAIMS }), Buffer.alloc(64));
  const detail = `the signature of 64 bytes is not valid with the ES256 key ${name} of ${ISSUER}`;
  expect(await verify(token, key)).toEqual({ reason: "signature_invalid", detail });
});

it.each([true, 1, {}])("does not treat %j, which is not a result, as a valid signature", async (answer) => {
  const token = mintToken({ key: es256, claims: CLAIMS });
  const truthy = { ...verificationKey(es256), verify: () => answer as unknown as SignatureCheck };
  expect(await verify(token, truthy)).toEqual(INVALID);
});

it("does not report a signature as bad if it was not checked", async () => {
  const token = mintToken({ key: es256, claims: CLAIMS });
  const denial = denied("overloaded", "too many signatures of slow algorithms are being checked");
  for (const busy of [() => CHECK_OVERLOADED, () => Promise.resolve(CHECK_OVERLOADED)]) {
    expect(await verify(token, { ...verificationKey(es256), verify: busy })).toEqual(denial);
  }
});

// OpenSSL reads a signature as a number. So it also accepts the PSS signature without its first byte (RFC 8017 sections
// 8.1.2 and 8.2.2).
it.each([
  ["RS256", rs256],
  ["PS256", ps256],
] as const)(
  "refuses a signature of %s without its first byte, a zero",
  async (_alg, key) => {
    let token = "";
    for (let count = 0; token === "" || signatureOf(token)[0] !== 0; count += 1) {
      token = mintToken({ key, claims: { ...CLAIMS, jti: String(count) } });
    }
    expect(await verify(token, verificationKey(key))).toMatchObject(CLAIMS);
    const shorter = replaceSignature(token, signatureOf(token).subarray(1));
    expect(await verify(shorter, verificationKey(key))).toEqual(INVALID);
  },
  60_000,
);
