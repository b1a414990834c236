import type { Issuer } from "../../schema/generated/policy-document.ts";
import { parseClaimReference } from "../core/claim-reference.ts";
import { normalizeType } from "../core/claims.ts";
import { type FetchUrlRules, isFetchAllowed } from "../core/fetch-url.ts";
import { findPrivateMember, fittingAlgorithms, isMeantForVerifying, type Jwk } from "../core/jwk.ts";
import type { CompiledIssuer, FetchRules, KeyOrigin } from "../core/policy.ts";
import { durationSeconds } from "./duration.ts";
import type { DocumentPath, Finding } from "./issue.ts";

const MAX_CLOCK_SKEW_SECONDS = 300;

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
    maxTokenAgeSeconds: optionalSeconds(source.max_token_age),
    maxTokenLifetimeSeconds: optionalSeconds(source.max_token_lifetime),
    requiredClaims: source.required_claims.map(parseClaimReference),
    audience: parseClaimReference(source.claims.audience),
    scopes: parseClaimReference(source.claims.scopes),
    keys,
  };
  return { issuer, findings };
}

function optionalSeconds(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : durationSeconds(duration);
}

function compileKeys(source: Issuer, path: DocumentPath): { keys: KeyOrigin; findings: Finding[] } {
  const { keys, issuer } = source;
  if ("jwks" in keys) {
    return { keys: { from: "jwks", jwks: keys.jwks }, findings: checkInlineKeys(keys.jwks.keys, source, path) };
  }
  const rules = compileFetchRules(keys);
  const allowHttp = rules.allowHttp === true;
  if ("jwks_uri" in keys) {
    const findings = checkUrl(keys.jwks_uri, { allowHttp, allowQuery: true }, [...path, "keys", "jwks_uri"]);
    return { keys: { from: "jwks_uri", uri: keys.jwks_uri, ...rules }, findings };
  }
  if ("metadata_uri" in keys) {
    const findings = checkUrl(keys.metadata_uri, { allowHttp, allowQuery: true }, [...path, "keys", "metadata_uri"]);
    return { keys: { from: "metadata_uri", uri: keys.metadata_uri, issuer, ...rules }, findings };
  }
  const metadata = keys.discovery === "oauth" ? "oauth" : "openid";
  return {
    keys: { from: "discovery", issuer, metadata, ...rules },
    findings: checkUrl(issuer, { allowHttp }, [...path, "issuer"]),
  };
}

function compileFetchRules({ allow_http, thumbprints }: Exclude<Issuer["keys"], { jwks: unknown }>): FetchRules {
  return {
    ...(allow_http ? { allowHttp: true } : {}),
    ...(thumbprints ? { thumbprints: [...thumbprints].sort() } : {}),
  };
}

function checkUrl(url: string, rules: FetchUrlRules, path: DocumentPath): Finding[] {
  const parts = rules.allowQuery ? "user or fragment" : "user, query or fragment";
  const message = `Keys can not be fetched from "${url}": use an https URL without ${parts} (http is allowed on loopback, and with \`allow_http\`).`;
  return isFetchAllowed(url, rules) ? [] : [{ code: "url_insecure", path, message }];
}

function checkInlineKeys(jwks: readonly Jwk[], source: Issuer, path: DocumentPath): Finding[] {
  const keysPath: DocumentPath = [...path, "keys", "jwks", "keys"];
  const findings: Finding[] = jwks.flatMap((jwk, index) => {
    const member = findPrivateMember(jwk);
    const message = `The key has the private member "${member}". Treat it as leaked: replace it at the issuer and publish the public part only.`;
    return member === undefined
      ? []
      : [{ code: "private_key" as const, path: [...keysPath, index, member], atKey: true, message }];
  });
  const { algorithms } = source;
  const isUsable = (jwk: Jwk): boolean =>
    isMeantForVerifying(jwk) && fittingAlgorithms(jwk).some((fitting) => algorithms.some((name) => name === fitting));
  if (!jwks.some(isUsable)) {
    findings.push({
      code: "no_usable_key",
      path: keysPath,
      message: `None of the keys fits ${algorithms.join(", ")}.`,
    });
  }
  return findings;
}
