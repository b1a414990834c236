// Tokens and keys of the benches.
import { generateKeyPairSync, sign } from "node:crypto";

export const ISSUER = "https://idp.example";
export const AUDIENCE = "bench";
const LIFETIME_S = 36_000;

/** @param algorithm RS256 or ES256. */
export function generateKey(algorithm) {
  const pair =
    algorithm === "ES256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...pair.publicKey.export({ format: "jwk" }), kid: algorithm, alg: algorithm, use: "sig" };
  return { algorithm, jwk, pem: pair.publicKey.export({ type: "spki", format: "pem" }), ...pair };
}

/** Different tokens, of one caller or of more. */
export function mintTokens({ algorithm, privateKey }, count, callers = 1) {
  const now = Math.floor(Date.now() / 1000);
  const key = algorithm === "ES256" ? { key: privateKey, dsaEncoding: "ieee-p1363" } : privateKey;
  return Array.from({ length: count }, (_, index) => {
    const sub = `user-${index % callers}`;
    const claims = { iss: ISSUER, aud: AUDIENCE, sub, client_id: "app", scope: "things:read things:write" };
    const times = { iat: now, exp: now + LIFETIME_S, jti: String(index) };
    const header = { alg: algorithm, typ: "at+jwt", kid: algorithm };
    const input = `${encode(header)}.${encode({ ...claims, ...times, groups: ["a", "b"] })}`;
    return `${input}.${sign("sha256", Buffer.from(input), key).toString("base64url")}`;
  });
}

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
