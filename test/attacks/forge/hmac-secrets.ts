import { createPublicKey, type KeyObject } from "node:crypto";
import type { AttackKeys } from "./keys.ts";

/**
 * Public values that a verifier might use as the secret of an HMAC. They are a public key in each form that libraries
 * use.
 */
export type HmacSecret =
  | "nothing"
  | "kid"
  | "pem"
  | "pemWithoutLastNewline"
  | "pemWithCrLf"
  | "pemWithSpaceBefore"
  | "pkcs1Pem"
  | "der"
  | "jwk"
  | "modulus"
  | "openSsh"
  | "ecPem"
  | "published"
  | "ofSecret"
  | "ofSecretAsText"
  | "ofMixed"
  | "ofMixedWithLineEnd"
  | "fileName"
  | "guess";

/** The secrets that the issuers `secret` and `mixed` share with the gateway, in the form of their files. */
export const SECRET_FILES = {
  "secret.key": Buffer.from("0123456789abcdefghijklmnopqrstuv!?").toString("base64url"),
  "mixed.key": "correct horse battery staple, and more\n",
} as const;

/** The value that the remote issuer publishes like a public key. */
export const PUBLISHED_SECRET: Uint8Array = Buffer.alloc(32, 7);

/**
 * Returns the bytes of a secret. The issuer `mixed` has an RSA key and a P-256 key. The secrets `ecPem` and `openSsh` are
 * forms of the P-256 key. The other forms of a public key use the RSA key.
 */
export function findSecret(secret: HmacSecret, { mixedRsa: rsaKey, mixed }: AttackKeys): string | Uint8Array {
  const rsa = publicKeyOf(rsaKey.publicJwk);
  const pem = pemOf(rsa, "spki");
  switch (secret) {
    case "nothing":
      return "";
    case "kid":
      return rsaKey.kid;
    case "pem":
      return pem;
    case "pemWithoutLastNewline":
      return pem.trimEnd();
    case "pemWithCrLf":
      return pem.replaceAll("\n", "\r\n");
    case "pemWithSpaceBefore":
      return ` \n${pem}`;
    case "pkcs1Pem":
      return pemOf(rsa, "pkcs1");
    case "der":
      return rsa.export({ format: "der", type: "spki" });
    case "jwk":
      return JSON.stringify(rsaKey.publicJwk);
    case "modulus":
      return Buffer.from(rsaKey.publicJwk.n ?? "", "base64url");
    case "openSsh":
      return openSshOf(mixed.publicJwk);
    case "ecPem":
      return pemOf(publicKeyOf(mixed.publicJwk), "spki");
    case "ofSecret":
      return Buffer.from(SECRET_FILES["secret.key"], "base64url");
    case "ofSecretAsText":
      return SECRET_FILES["secret.key"];
    case "ofMixed":
      return SECRET_FILES["mixed.key"].trimEnd();
    case "ofMixedWithLineEnd":
      return SECRET_FILES["mixed.key"];
    case "fileName":
      return "mixed.key";
    case "guess":
      return "secret";
    case "published":
      return PUBLISHED_SECRET;
  }
}

const publicKeyOf = (jwk: AttackKeys["rs256"]["publicJwk"]): KeyObject => createPublicKey({ key: jwk, format: "jwk" });

const pemOf = (key: KeyObject, type: "spki" | "pkcs1"): string => key.export({ format: "pem", type }).toString();

/** RFC 5656 section 3.1: name, curve and point. The length of each part comes before the part. */
function openSshOf({ x = "", y = "" }: AttackKeys["es256"]["publicJwk"]): string {
  const name = "ecdsa-sha2-nistp256";
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
  const fields = [Buffer.from(name), Buffer.from("nistp256"), point].flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, field];
  });
  return `${name} ${Buffer.concat(fields).toString("base64")}`;
}
