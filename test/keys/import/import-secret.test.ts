import { createHmac, generateKeyPairSync, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { VerificationKey } from "../../../plugin/core/model/key.ts";
import { SIGNATURE_INVALID } from "../../../plugin/core/model/key.ts";
import type { SecretEncoding } from "../../../plugin/core/model/policy.ts";
import { PASSED } from "../../../plugin/core/model/result.ts";
import { importSecret } from "../../../plugin/keys/import/import-secret.ts";
import { rereadKey } from "../../../sandbox/stand-in/reread-key.ts";
import { compileIssuer, ISSUER } from "../../core/fixtures.ts";

const ALL = ["HS256", "HS384", "HS512"];
const secret = randomBytes(64);
const issuerOf = (...algorithms: readonly string[]) =>
  compileIssuer({ algorithms, keys: { secret_files: [{ file: "a" }] } });

function take(
  content: Uint8Array | string,
  encoding: SecretEncoding = "text",
  algorithms: readonly string[] = ALL,
  alg?: string,
) {
  const named = { encoding, kid: "k", ...(alg && { alg }) };
  const { keys, ignored, notes } = importSecret(Buffer.from(content), named, issuerOf(...algorithms));
  return { algorithms: keys.map(({ algorithm }) => algorithm), ignored, notes, keys };
}
const verifies = (key: VerificationKey | undefined, by: Uint8Array, hash = "sha256") => {
  const input = Buffer.from("a.b");
  return key?.verify(input, createHmac(hash, by).update(input).digest()) === PASSED;
};

describe("a secret", () => {
  it.each<[encoding: SecretEncoding, content: string]>([
    ["hex", secret.toString("hex")],
    ["hex", secret.toString("hex").toUpperCase()],
    ["base64", secret.toString("base64")],
    ["base64", secret.toString("base64").replace(/=+$/, "")],
    ["base64url", secret.toString("base64url")],
    ["base64url", `${secret.toString("base64url")}\r\n`],
    ["hex", `${secret.toString("hex")}\n\n`],
  ])("is read as %s: %j", (encoding, content) => {
    const { keys } = take(content, encoding);
    expect(verifies(keys[0], secret)).toBe(true);
  });

  it("as text is all its bytes, except line ends at the end", () => {
    const text = "ünd 32 bytes or more of anything, too";
    expect(verifies(take(`${text}\n`).keys[0], Buffer.from(text))).toBe(true);
    expect(verifies(take(` ${text}`).keys[0], Buffer.from(text))).toBe(false);
  });

  it("verifies only with the hash of its algorithm, and belongs to issuer and kid", () => {
    const keys = ALL.map((alg) => take(secret.toString("hex"), "hex", ALL, alg).keys[0]);
    expect(keys.map((key) => [key?.issuer, key?.kid, key?.algorithm])).toEqual(ALL.map((name) => [ISSUER, "k", name]));
    const verified = keys.map((key) => ["sha256", "sha384", "sha512"].map((hash) => verifies(key, secret, hash)));
    expect(verified).toEqual(ALL.map((algorithm) => ALL.map((name) => name === algorithm)));
  });

  it.each([
    ["empty", Buffer.alloc(0)],
    ["cut off", undefined],
  ])("refuses a signature that is %s", (_what, signature) => {
    const input = Buffer.from("a.b");
    const cut = createHmac("sha256", secret).update(input).digest().subarray(0, 31);
    expect(take(secret.toString("hex"), "hex").keys[0]?.verify(input, signature ?? cut)).toBe(SIGNATURE_INVALID);
  });
});

describe("a secret must be as long as the hash (RFC 7518 section 3.2)", () => {
  const short = (algorithm: string, wanted: number, bytes: number): string =>
    `${algorithm} needs ${wanted} bytes or more; the secret has ${bytes}`;
  it.each<[bytes: number, served: readonly string[], ignored: readonly string[]]>([
    [31, [], [short("HS256", 32, 31), short("HS384", 48, 31), short("HS512", 64, 31)]],
    [32, ["HS256"], [short("HS384", 48, 32), short("HS512", 64, 32)]],
    [48, ["HS256"], [short("HS512", 64, 48)]],
    [64, ["HS256"], []],
  ])("%i bytes", (bytes, served, ignored) => {
    expect(take(secret.subarray(0, bytes).toString("hex"), "hex")).toMatchObject({ algorithms: served, ignored });
  });

  it("for the algorithms that the issuer uses, without a message about other algorithms", () => {
    const short = secret.subarray(0, 32).toString("hex");
    expect(take(short, "hex", ["HS256"])).toMatchObject({ algorithms: ["HS256"], ignored: [] });
  });
});

describe("one secret is used for one algorithm", () => {
  it.each<[algorithms: readonly string[], bytes: number, alg: string | undefined, served: string, others?: string]>([
    [["HS512", "HS256"], 64, undefined, "HS512", "HS256"],
    [["HS512", "HS256"], 32, undefined, "HS256"],
    [ALL, 64, undefined, "HS256", "HS384, HS512"],
    [ALL, 64, "HS384", "HS384"],
  ])("of %j, %i bytes, alg %s: %s", (algorithms, bytes, alg, served, others) => {
    const taken = take(secret.subarray(0, bytes).toString("hex"), "hex", algorithms, alg);
    expect(taken.algorithms).toEqual([served]);
    const note = `the secret is used for ${served} only, not for ${others}; name its alg in the policy`;
    expect(taken.notes).toEqual(others === undefined ? [] : [note]);
  });
});
it.each<[what: string, content: string, encoding: SecretEncoding]>([
  ["of a kilobyte", secret.toString("hex").repeat(16), "hex"],
  ["of eight different bytes", "abcdefgh".repeat(4), "text"],
  ["that only contains the beginning of an SSH key", `${"a1b2c3d4".repeat(4)}ssh-`, "text"],
])("a secret %s is used", (_what, content, encoding) => {
  expect(take(content, encoding).algorithms).toEqual(["HS256"]);
});

describe("is refused, and no message contains its content", () => {
  const publicKey = rereadKey(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey);
  const pem = String(publicKey.export({ type: "spki", format: "pem" }));
  const hex = secret.toString("hex");
  const notSecret = "the file contains a PEM block, an SSH key or a JWK instead of a secret";
  const not = (encoding: string): string => `the secret is not written in ${encoding}`;
  const repeats = "the secret repeats itself; use random bytes";
  it.each<[what: string, content: string, encoding: SecretEncoding, why: string]>([
    ["more than a kilobyte", "ab".repeat(1025), "hex", "the secret has more than 1024 bytes"],
    ["a public key in PEM (CVE-2016-10555)", pem, "text", notSecret],
    ["a JWK", JSON.stringify(publicKey.export({ format: "jwk" })), "text", notSecret],
    ["an SSH key", `ssh-rsa ${"A".repeat(80)}`, "text", notSecret],
    ["another SSH key", `ecdsa-sha2-nistp256 ${"A".repeat(80)}`, "text", notSecret],
    ["other characters than hex", `${hex}g0`, "hex", not("hex")],
    ["half a byte", `${hex}0`, "hex", not("hex")],
    ["base64url said to be base64", `${"-_".repeat(30)}aa`, "base64", not("base64")],
    ["spaces inside", `${"abcd ".repeat(20)}abcd`, "base64url", not("base64url")],
    ["seven different bytes", "abcdefg".repeat(10), "text", repeats],
    ["zeros", "00".repeat(64), "hex", repeats],
    ["nothing in hex", "\n", "hex", not("hex")],
  ])("%s", (_what, content, encoding, why) => {
    expect(() => take(content, encoding)).toThrow(new Error(why));
  });
});
