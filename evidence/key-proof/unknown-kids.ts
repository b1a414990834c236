import { randomBytes } from "node:crypto";
import { encodeSegment } from "../../test/tokens.ts";

/** Well-formed tokens of an issuer. Each token has a different kid that was never published, and a random signature. */
export function createUnknownKids(issuer: string, audience: string): () => string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, aud: audience, sub: "nobody", iat: now, exp: now + 7200, scope: "" };
  const payload = encodeSegment(JSON.stringify(claims));
  const signature = encodeSegment(randomBytes(256));
  let count = 0;
  return () => {
    count += 1;
    const header = { alg: "RS256", kid: `unknown-${count}`, typ: "at+jwt" };
    return `${encodeSegment(JSON.stringify(header))}.${payload}.${signature}`;
  };
}
