import { CompactSign } from "jose";
import type { StandInKey } from "./key-directory.ts";

/** Signs claims as a compact JWS. The payload is exactly the JSON text of the claims. */
export async function signToken(key: StandInKey, typ: string | undefined, claims: object): Promise<string> {
  const { algorithm, kid, signingKey } = key;
  const header = { alg: algorithm, kid, ...(typ === undefined ? {} : { typ }) };
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims))).setProtectedHeader(header).sign(signingKey);
}
