import { randomBytes } from "node:crypto";
import { AUDIENCE, ISSUER } from "../../../test/core/fixtures.ts";
import { encodeSegment, mintToken, replaceSignature } from "../../../test/tokens.ts";
import type { SentRequest } from "../costly/plugin-server.ts";
import { type BenchKeys, PARAMETER } from "../costly/policy.ts";

export interface Flood {
  readonly name: string;
  /** The requests that the flood sends in turn; undefined for HTTP/2 streams that are reset immediately. */
  readonly requests: readonly SentRequest[] | undefined;
}

/** The flood whose cost is the measure for all other floods. */
export const BARE = "no token";
const FORGED = 400;
const ES512_BYTES = 132;
const ES256_BYTES = 64;
/** nginx accepts lines of up to 8 kB. */
const LINE = 7_800;

export function createFloods(keys: BenchKeys): readonly Flood[] {
  const members = Array.from({ length: 700 }, (_, index) => `"${index.toString(36)}":0`).join(",");
  const claims = encodeSegment(`{"iss":"https://elsewhere.example",${members}}`);
  return [
    { name: BARE, requests: [{}] },
    { name: "forged ES256", requests: forge(keys.fast, ES256_BYTES) },
    { name: "forged ES512", requests: forge(keys.slow, ES512_BYTES) },
    { name: "7,800 empty cookies", requests: [{ headers: { cookie: ";".repeat(LINE) } }] },
    { name: "7,800 empty parameters", requests: [{ target: `/policy?${"&".repeat(LINE)}${PARAMETER}` }] },
    { name: "700 claims", requests: [{ token: `${encodeSegment('{"alg":"ES256"}')}.${claims}.AA` }] },
    { name: "HTTP/2 rapid reset", requests: undefined },
  ];
}

/**
 * Different signatures of the right length. The plugin knows none of them, and cannot refuse any of them without a
 * check.
 */
function forge(key: BenchKeys["fast"], bytes: number): readonly SentRequest[] {
  const token = mintGoodToken(key);
  return Array.from({ length: FORGED }, () => {
    const signature = randomBytes(bytes);
    // Both numbers must be below the order of the curve.
    signature.writeUInt8(0, 0);
    signature.writeUInt8(0, bytes / 2);
    return { token: replaceSignature(token, signature) };
  });
}

export function mintGoodToken(key: BenchKeys["fast"]): string {
  const now = Math.floor(Date.now() / 1000);
  return mintToken({
    key,
    claims: { iss: ISSUER, aud: AUDIENCE, sub: "alice", iat: now - 10, exp: now + 36_000, scope: "read" },
  });
}
