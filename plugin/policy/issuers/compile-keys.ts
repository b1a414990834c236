import type { Issuer } from "../../../schema/generated/policy-document.ts";
import type { FetchRules, KeyOrigin } from "../../core/model/policy.ts";
import { quoteOrigin } from "../../core/text/printable.ts";
import { type FetchUrlRules, isFetchAllowed } from "../../keys/rules/fetch-url.ts";
import {
  findPrivateMember,
  fittingAlgorithms,
  isMeantForVerifying,
  type Jwk,
  namesOf,
  SECRET_ALGORITHMS,
} from "../../keys/rules/jwk.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";

const KEY_SOURCES = [
  "discovery",
  "metadata_uri",
  "jwks_uri",
  "jwks",
  "jwks_files",
  "pem_files",
  "secret_files",
] as const;

/**
 * Compiles the sources of an issuer's keys, and reports those mistakes that the schema cannot find.
 *
 * @param path the issuer's path in the document.
 */
export function compileKeys(
  { issuer, algorithms, keys: written }: Issuer,
  path: DocumentPath,
): { keys: KeyOrigin[]; findings: Finding[] } {
  const keys = withDiscovery(written);
  const { jwks, jwks_files = [], pem_files = [], secret_files = [] } = keys;
  const keysPath: DocumentPath = [...path, "keys"];
  const { keys: origins, findings } = compileFetchedKeys(issuer, keys, path);
  if (jwks) {
    origins.push({ from: "jwks", jwks });
    findings.push(...checkInlineKeys(jwks.keys, algorithms, [...keysPath, "jwks", "keys"]));
  }
  origins.push(
    ...jwks_files.map((file): KeyOrigin => ({ from: "jwks_file", file })),
    ...pem_files.map(({ file, kid, alg }): KeyOrigin => ({ from: "pem_file", file, kid, ...(alg && { alg }) })),
    ...secret_files.map(
      ({ file, kid, encoding, alg }): KeyOrigin => ({ from: "secret_file", file, kid, encoding, ...(alg && { alg }) }),
    ),
  );
  if (origins.length === 0) {
    const message = "No source of keys is named, such as discovery, jwks_uri or jwks_files.";
    return { keys: [], findings: [...findings, { code: "missing_key", path: keysPath, atKey: true, message }] };
  }
  findings.push(...checkAlgorithms(algorithms, origins, path));
  findings.push(...checkSecretNames(secret_files, [...keysPath, "secret_files"]));
  findings.push(...checkFileAlgorithms(algorithms, pem_files, [...keysPath, "pem_files"]));
  findings.push(...checkFileAlgorithms(algorithms, secret_files, [...keysPath, "secret_files"]));
  return { keys: origins, findings };
}

/** If the document has only settings for fetched keys, adds the default source, which is discovery. */
function withDiscovery(keys: Issuer["keys"]): Issuer["keys"] {
  const isNamed = KEY_SOURCES.some((name) => keys[name] !== undefined);
  const hasSettings = Object.values(keys).some((value) => value !== undefined);
  return isNamed || !hasSettings ? keys : { ...keys, discovery: true };
}

/**
 * Rejects two secrets with the same kid, or two secrets without a kid. A token does not say which of these secrets
 * signed it.
 */
function checkSecretNames(files: readonly { readonly kid?: string }[], path: DocumentPath): Finding[] {
  return files.flatMap(({ kid }, index): Finding[] => {
    const message = `${kid === undefined ? "A secret without a kid" : "This kid"} is in this list already: give each secret its own kid.`;
    return files.findIndex((other) => other.kid === kid) === index
      ? []
      : [{ code: "kid_duplicate", path: [...path, index], message }];
  });
}

/**
 * If the issuer does not use the algorithm of a key file, reports the algorithm, because the key would have no effect.
 */
function checkFileAlgorithms(
  algorithms: readonly string[],
  files: readonly { readonly alg?: string }[],
  path: DocumentPath,
): Finding[] {
  return files.flatMap(({ alg }, index): Finding[] => {
    const message = `The issuer does not use ${alg}: name it under "algorithms", or leave it out here.`;
    return alg === undefined || namesOf(alg).some((name) => algorithms.includes(name))
      ? []
      : [{ code: "no_usable_key", path: [...path, index, "alg"], message }];
  });
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
    findings.push(...checkAddress(metadata_uri, allowHttp, [...path, "keys", "metadata_uri"]));
  }
  if (jwks_uri !== undefined) {
    keys.push({ from: "jwks_uri", uri: jwks_uri, ...rules });
    findings.push(...checkAddress(jwks_uri, allowHttp, [...path, "keys", "jwks_uri"]));
  }
  // Without fetched keys, `allow_http` and `thumbprints` have no effect. But the author of the policy could believe
  // that `thumbprints` still protects the issuer.
  for (const name of keys.length === 0 ? (["allow_http", "thumbprints"] as const) : []) {
    if ({ allow_http, thumbprints }[name] !== undefined) {
      const message = `"${name}" applies only to fetched keys, and no keys are fetched.`;
      findings.push({ code: "invalid_value", path: [...path, "keys", name], atKey: true, message });
    }
  }
  return { keys, findings };
}

/**
 * HS256, HS384 and HS512 need a shared secret. If an HMAC algorithm accepted a public key as the secret, anyone could
 * forge tokens (RFC 8725 section 2.1).
 */
function checkAlgorithms(algorithms: readonly string[], origins: readonly KeyOrigin[], path: DocumentPath): Finding[] {
  const hasSecrets = origins.some(({ from }) => from === "secret_file");
  const hasPublicKeys = origins.some(({ from }) => from !== "secret_file");
  const names = SECRET_ALGORITHMS.join(", ");
  if (hasSecrets && !algorithms.some((algorithm) => SECRET_ALGORITHMS.includes(algorithm))) {
    const message = `No algorithm of this issuer uses the secrets: name one of ${names} under "algorithms".`;
    return [{ code: "no_usable_key", path: [...path, "keys", "secret_files"], message }];
  }
  return algorithms.flatMap((algorithm, index): Finding[] => {
    const isSecret = SECRET_ALGORITHMS.includes(algorithm);
    const message = isSecret
      ? `${algorithm} needs a secret that the issuer shares: name its file under "keys", "secret_files".`
      : `${algorithm} needs a public key, and the issuer has only secrets, which are for ${names}.`;
    return (isSecret ? hasSecrets : hasPublicKeys)
      ? []
      : [{ code: "algorithm_without_key", path: [...path, "algorithms", index], message }];
  });
}

function checkDiscovery(issuer: string, allowHttp: boolean, path: DocumentPath): Finding[] {
  return checkUrl(issuer, { allowHttp }, [...path, "issuer"]);
}

/** The tenant's name has already replaced the issuer's placeholder, so all remaining braces are mistakes. */
function checkAddress(url: string, allowHttp: boolean, path: DocumentPath): Finding[] {
  const message = `Braces in a key URL mark a tenant: use the same {name} as in "issuer", and list the tenants under "tenants".`;
  return /[{}]/.test(url)
    ? [{ code: "issuer_template_invalid", path, message }]
    : checkUrl(url, { allowHttp, allowQuery: true }, path);
}

function checkUrl(url: string, rules: FetchUrlRules, path: DocumentPath): Finding[] {
  const parts = rules.allowQuery ? "user or fragment" : "user, query or fragment";
  const message = `Keys cannot be fetched from ${quoteOrigin(url)}: use an https URL without ${parts} (http is allowed on loopback, and with "allow_http").`;
  return isFetchAllowed(url, rules) ? [] : [{ code: "url_insecure", path, message }];
}

function checkInlineKeys(jwks: readonly Jwk[], algorithms: readonly string[], keysPath: DocumentPath): Finding[] {
  const findings: Finding[] = jwks.flatMap((jwk, index) => {
    const member = findPrivateMember(jwk);
    const message = `The key has the private member "${member}". Treat the key as leaked: replace the key at the issuer, and publish only the public part.`;
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
