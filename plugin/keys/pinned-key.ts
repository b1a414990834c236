import { calculateJwkThumbprint, type JWK } from "jose";
import type { KeyOrigin } from "../core/policy.ts";

/**
 * Whether a published key may be used: any where the policy names no thumbprints (RFC 7638, SHA-256), else those alone.
 *
 * @throws Error when the key lacks what a thumbprint is made of.
 */
export async function isPinned(jwk: JWK, origin: KeyOrigin): Promise<boolean> {
  const thumbprints = origin.from === "jwks" ? undefined : origin.thumbprints;
  return thumbprints === undefined || thumbprints.includes(await calculateJwkThumbprint(jwk, "sha256"));
}
