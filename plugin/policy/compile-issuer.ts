import type { Issuer } from "../../schema/generated/policy-document.ts";
import { parseClaimReference } from "../core/claim-reference.ts";
import { normalizeType } from "../core/claims.ts";
import { type FetchUrlRules, isFetchAllowed } from "../core/fetch-url.ts";
import { findPlaceholder, type IssuerTemplate } from "../core/issuer-template.ts";
import { findPrivateMember, fittingAlgorithms, isMeantForVerifying, type Jwk, SECRET_ALGORITHMS } from "../core/jwk.ts";
import type { CompiledIssuer, FetchRules, KeyOrigin, KeyRefresh } from "../core/policy.ts";
import { durationSeconds } from "./duration.ts";
import type { DocumentPath, Finding } from "./issue.ts";

const MAX_CLOCK_SKEW_SECONDS = 300;
const ANY_TENANT = "*";
const MIN_REFRESH_SECONDS = 10;
const MAX_REFRESH_SECONDS = 86_400;
const MIN_COOLDOWN_SECONDS = 5;

/** Compiles one issuer and reports what the schema can not see. */
export function compileIssuer(
  id: string,
  source: Issuer,
): { readonly issuer: CompiledIssuer; readonly findings: readonly Finding[] } {
  const path: DocumentPath = ["issuers", id];
  const { keys, findings } = compileKeys(source, path);
  findings.unshift(...checkTemplate(source, path));
  const clockSkewSeconds = durationSeconds(source.clock_skew);
  if (clockSkewSeconds > MAX_CLOCK_SKEW_SECONDS) {
    const message = `A clock skew of ${source.clock_skew} is more than 5m: fix the clock that is this wrong.`;
    findings.push({ code: "duration_invalid", path: [...path, "clock_skew"], message });
  }
  const issuer: CompiledIssuer = {
    id,
    issuer: source.issuer,
    template: compileTemplate(source),
    audiences: new Set(source.audiences),
    algorithms: new Set(source.algorithms),
    clockSkewSeconds,
    tokenType: source.token_type.toLowerCase() === "any" ? undefined : normalizeType(source.token_type),
    maxTokenAgeSeconds: optionalSeconds(source.max_token_age),
    maxTokenLifetimeSeconds: optionalSeconds(source.max_token_lifetime),
    requiredClaims: source.required_claims.map(parseClaimReference),
    audience: parseClaimReference(source.claims.audience),
    tenant: parseClaimReference(source.claims.tenant),
    scopes: parseClaimReference(source.claims.scopes),
    roles: parseClaimReference(source.claims.roles),
    groups: parseClaimReference(source.claims.groups),
    keys,
    keyRefresh: compileRefresh(source),
  };
  findings.push(...checkRefresh(source, issuer.keyRefresh, path));
  return { issuer, findings };
}

function compileRefresh({ key_refresh: { min, max, cooldown, max_stale } }: Issuer): KeyRefresh {
  return {
    minSeconds: durationSeconds(min),
    maxSeconds: durationSeconds(max),
    cooldownSeconds: durationSeconds(cooldown),
    maxStaleSeconds: durationSeconds(max_stale),
  };
}

/** Times so short that the provider is asked all the time, or so long that a timer can not wait for them. */
function checkRefresh({ key_refresh: source }: Issuer, refresh: KeyRefresh, path: DocumentPath): Finding[] {
  const { minSeconds, maxSeconds, cooldownSeconds, maxStaleSeconds } = refresh;
  const rules: readonly [key: keyof typeof source, holds: boolean, message: string][] = [
    ["min", minSeconds >= MIN_REFRESH_SECONDS, `This must be ${MIN_REFRESH_SECONDS}s or more.`],
    [
      "max",
      maxSeconds >= minSeconds && maxSeconds <= MAX_REFRESH_SECONDS,
      `This must be from min (${source.min}) to 1d.`,
    ],
    [
      "cooldown",
      cooldownSeconds >= MIN_COOLDOWN_SECONDS && cooldownSeconds <= maxSeconds,
      `This must be from ${MIN_COOLDOWN_SECONDS}s to max (${source.max}).`,
    ],
    [
      "max_stale",
      maxStaleSeconds >= maxSeconds,
      `This must be max (${source.max}) or more: keys serve that long anyway.`,
    ],
  ];
  return rules.flatMap(([key, holds, message]): Finding[] =>
    holds ? [] : [{ code: "duration_invalid", path: [...path, "key_refresh", key], message }],
  );
}

function compileTemplate({ issuer, tenants }: Issuer): IssuerTemplate | undefined {
  const segment = findPlaceholder(issuer);
  if (!tenants || segment === undefined) {
    return undefined;
  }
  return { segment, tenants: tenants.includes(ANY_TENANT) ? undefined : new Set(tenants) };
}

/** A placeholder and the tenants that it may stand for belong together. */
function checkTemplate({ issuer, tenants }: Issuer, path: DocumentPath): Finding[] {
  const isTemplate = findPlaceholder(issuer) !== undefined;
  if (tenants === undefined) {
    const message = `Braces stand for a tenant: say with "tenants" which ones pass.`;
    return /[{}]/.test(issuer) ? [{ code: "issuer_template_invalid", path: [...path, "issuer"], message }] : [];
  }
  const findings: Finding[] = [];
  if (!isTemplate || !issuer.startsWith("https://")) {
    const message = `With "tenants", this must be an https URL in which one path segment is a name in braces, such as "https://idp.example.com/{tenant}".`;
    findings.push({ code: "issuer_template_invalid", path: [...path, "issuer"], message });
  }
  if (tenants.length > 1 && tenants.includes(ANY_TENANT)) {
    const message = `"${ANY_TENANT}" accepts every tenant; name it alone, or only those that you mean.`;
    findings.push({ code: "issuer_template_invalid", path: [...path, "tenants"], message });
  }
  return findings;
}

function optionalSeconds(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : durationSeconds(duration);
}

function compileKeys(
  { issuer, algorithms, keys }: Issuer,
  path: DocumentPath,
): { keys: KeyOrigin[]; findings: Finding[] } {
  const { jwks, jwks_files = [], pem_files = [], secret_files = [] } = keys;
  const keysPath: DocumentPath = [...path, "keys"];
  const { keys: origins, findings } = compileFetchedKeys(issuer, keys, path);
  if (jwks) {
    origins.push({ from: "jwks", jwks });
    findings.push(...checkInlineKeys(jwks.keys, algorithms, [...keysPath, "jwks", "keys"]));
  }
  origins.push(
    ...jwks_files.map((file): KeyOrigin => ({ from: "jwks_file", file })),
    ...pem_files.map(({ file, kid }): KeyOrigin => ({ from: "pem_file", file, kid })),
    ...secret_files.map(({ file, kid, encoding }): KeyOrigin => ({ from: "secret_file", file, kid, encoding })),
  );
  if (origins.length === 0) {
    const message = "No place is named that keys come from, such as discovery, jwks_uri or jwks_files.";
    return { keys: [], findings: [...findings, { code: "missing_key", path: keysPath, atKey: true, message }] };
  }
  findings.push(...checkAlgorithms(algorithms, origins, path));
  return { keys: origins, findings };
}

function compileFetchedKeys(
  issuer: string,
  { discovery, metadata_uri, jwks_uri, allow_http, thumbprints }: Issuer["keys"],
  path: DocumentPath,
): { keys: KeyOrigin[]; findings: Finding[] } {
  const rules: FetchRules = {
    ...(allow_http ? { allowHttp: true } : {}),
    ...(thumbprints ? { thumbprints: [...thumbprints].sort() } : {}),
  };
  const keys: KeyOrigin[] = [];
  const findings: Finding[] = [];
  const allowHttp = allow_http === true;
  if (discovery) {
    keys.push({ from: "discovery", issuer, metadata: discovery === true ? "openid" : discovery, ...rules });
    findings.push(...checkDiscovery(issuer, allowHttp, path));
  }
  if (metadata_uri !== undefined) {
    keys.push({ from: "metadata_uri", uri: metadata_uri, issuer, ...rules });
    findings.push(...checkUrl(metadata_uri, { allowHttp, allowQuery: true }, [...path, "keys", "metadata_uri"]));
  }
  if (jwks_uri !== undefined) {
    keys.push({ from: "jwks_uri", uri: jwks_uri, ...rules });
    findings.push(...checkUrl(jwks_uri, { allowHttp, allowQuery: true }, [...path, "keys", "jwks_uri"]));
  }
  // Who writes them believes that they protect something.
  for (const name of keys.length === 0 ? (["allow_http", "thumbprints"] as const) : []) {
    if ({ allow_http, thumbprints }[name] !== undefined) {
      const message = `"${name}" is for keys that are fetched, and none are.`;
      findings.push({ code: "invalid_value", path: [...path, "keys", name], atKey: true, message });
    }
  }
  return { keys, findings };
}

/** A secret serves its own algorithms and nothing else does: to confuse the two is to let everyone make tokens (RFC 8725 section 2.1). */
function checkAlgorithms(algorithms: readonly string[], origins: readonly KeyOrigin[], path: DocumentPath): Finding[] {
  const hasSecrets = origins.some(({ from }) => from === "secret_file");
  const hasPublicKeys = origins.some(({ from }) => from !== "secret_file");
  const names = SECRET_ALGORITHMS.join(", ");
  if (hasSecrets && !algorithms.some((algorithm) => SECRET_ALGORITHMS.includes(algorithm))) {
    const message = `The secrets serve no algorithm of this issuer: name one of ${names} under "algorithms".`;
    return [{ code: "no_usable_key", path: [...path, "keys", "secret_files"], message }];
  }
  return algorithms.flatMap((algorithm, index): Finding[] => {
    const isSecret = SECRET_ALGORITHMS.includes(algorithm);
    const message = isSecret
      ? `${algorithm} needs a secret that the issuer shares: name its file under "keys", "secret_files".`
      : `${algorithm} needs a public key, and the issuer has only secrets; those serve ${names}.`;
    return (isSecret ? hasSecrets : hasPublicKeys)
      ? []
      : [{ code: "algorithm_without_key", path: [...path, "algorithms", index], message }];
  });
}

function checkDiscovery(issuer: string, allowHttp: boolean, path: DocumentPath): Finding[] {
  if (findPlaceholder(issuer) === undefined) {
    return checkUrl(issuer, { allowHttp }, [...path, "issuer"]);
  }
  const message = `An issuer with many tenants can not be discovered: name the address of its keys under "keys".`;
  return [{ code: "issuer_template_invalid", path: [...path, "keys"], message }];
}

function checkUrl(url: string, rules: FetchUrlRules, path: DocumentPath): Finding[] {
  const parts = rules.allowQuery ? "user or fragment" : "user, query or fragment";
  const message = `Keys can not be fetched from "${url}": use an https URL without ${parts} (http is allowed on loopback, and with "allow_http").`;
  return isFetchAllowed(url, rules) ? [] : [{ code: "url_insecure", path, message }];
}

function checkInlineKeys(jwks: readonly Jwk[], algorithms: readonly string[], keysPath: DocumentPath): Finding[] {
  const findings: Finding[] = jwks.flatMap((jwk, index) => {
    const member = findPrivateMember(jwk);
    const message = `The key has the private member "${member}". Treat it as leaked: replace it at the issuer and publish the public part only.`;
    return member === undefined
      ? []
      : [{ code: "private_key" as const, path: [...keysPath, index, member], atKey: true, message }];
  });
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
