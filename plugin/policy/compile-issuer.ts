import type { Issuer } from "../../schema/generated/policy-document.ts";
import { parseClaimReference } from "../core/claim-reference.ts";
import { normalizeType } from "../core/claims.ts";
import { isFetchAllowed } from "../core/fetch-url.ts";
import type { CompiledIssuer, KeyOrigin } from "../core/policy.ts";
import { durationSeconds } from "./duration.ts";
import type { DocumentPath, Finding } from "./issue.ts";

const MAX_CLOCK_SKEW_SECONDS = 300;
/** JWK members that hold private or symmetric key material (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1). */
const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/** Compiles one issuer and reports what the schema can not see. */
export function compileIssuer(
  id: string,
  source: Issuer,
): { readonly issuer: CompiledIssuer; readonly findings: readonly Finding[] } {
  const path: DocumentPath = ["issuers", id];
  const { keys, findings } = compileKeys(source, path);
  const clockSkewSeconds = durationSeconds(source.clock_skew);
  if (clockSkewSeconds > MAX_CLOCK_SKEW_SECONDS) {
    const message = `A clock skew of ${source.clock_skew} is more than 5m: fix the clock that is this wrong.`;
    findings.push({ code: "duration_invalid", path: [...path, "clock_skew"], message });
  }
  const issuer: CompiledIssuer = {
    id,
    issuer: source.issuer,
    audiences: new Set(source.audiences),
    algorithms: new Set(source.algorithms),
    clockSkewSeconds,
    tokenType: source.token_type.toLowerCase() === "any" ? undefined : normalizeType(source.token_type),
    requiredClaims: source.required_claims.map(parseClaimReference),
    scopes: parseClaimReference(source.claims.scopes),
    keys,
  };
  return { issuer, findings };
}

function compileKeys(source: Issuer, path: DocumentPath): { keys: KeyOrigin; findings: Finding[] } {
  const { keys } = source;
  if ("jwks" in keys) {
    return { keys: { from: "jwks", jwks: keys.jwks }, findings: checkInlineKeys(keys.jwks.keys, source, path) };
  }
  if ("jwks_uri" in keys) {
    const findings = checkUrl(keys.jwks_uri, [...path, "keys", "jwks_uri"]);
    return { keys: { from: "jwks_uri", uri: keys.jwks_uri }, findings };
  }
  return { keys: { from: "discovery", issuer: source.issuer }, findings: checkUrl(source.issuer, [...path, "issuer"]) };
}

function checkUrl(url: string, path: DocumentPath): Finding[] {
  const message = `Keys can not be fetched from "${url}": use an https URL without user, query or fragment (http is allowed on loopback).`;
  return isFetchAllowed(url) ? [] : [{ code: "url_insecure", path, message }];
}

function checkInlineKeys(
  jwks: readonly Readonly<Record<string, unknown>>[],
  source: Issuer,
  path: DocumentPath,
): Finding[] {
  const keysPath: DocumentPath = [...path, "keys", "jwks", "keys"];
  const findings: Finding[] = jwks.flatMap((jwk, index) => {
    const member = PRIVATE_MEMBERS.find((name) => name in jwk);
    const message = `The key has the private member "${member}". Treat it as leaked: replace it at the issuer and publish the public part only.`;
    return member === undefined
      ? []
      : [{ code: "private_key" as const, path: [...keysPath, index, member], atKey: true, message }];
  });
  const { algorithms } = source;
  if (!jwks.some((jwk) => algorithms.some((algorithm) => isUsable(jwk, algorithm)))) {
    findings.push({
      code: "no_usable_key",
      path: keysPath,
      message: `None of the keys fits ${algorithms.join(", ")}.`,
    });
  }
  return findings;
}

const isUsable = (jwk: Readonly<Record<string, unknown>>, algorithm: string): boolean =>
  KEY_SHAPES[algorithm]?.(jwk) === true &&
  (jwk.alg === undefined || jwk.alg === algorithm) &&
  (jwk.use === undefined || jwk.use === "sig");
const isRsa = (jwk: Readonly<Record<string, unknown>>): boolean => jwk.kty === "RSA";
const isEd25519 = (jwk: Readonly<Record<string, unknown>>): boolean => jwk.kty === "OKP" && jwk.crv === "Ed25519";
const KEY_SHAPES: Readonly<Record<string, (jwk: Readonly<Record<string, unknown>>) => boolean>> = {
  RS256: isRsa,
  PS256: isRsa,
  ES256: (jwk) => jwk.kty === "EC" && jwk.crv === "P-256",
  EdDSA: isEd25519,
  Ed25519: isEd25519,
};
