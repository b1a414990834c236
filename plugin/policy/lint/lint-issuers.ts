import type { Issuer, PolicyDocument } from "../../../schema/generated/policy-document.ts";
import { quoteText } from "../../core/text/printable.ts";
import { durationSeconds } from "../language/duration.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { listSettled } from "../requirements/list-settled.ts";
import { warn } from "./warn.ts";

const METADATA = /\/\.well-known\/(?:openid-configuration|oauth-authorization-server)(?:\/.*)?$/;
const KEYS =
  /\/(?:\.well-known\/jwks(?:\.json)?|jwks(?:\.json)?|jwk|certs|keys|oauth2\/v\d\/(?:keys|certs)|discovery\/(?:v2\.0\/)?keys)\/?$/;
const LOOPBACK = /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?(?:\/|$)/;
/** Matches the values of `typ` that providers write. The suffix `+jwt` covers all registered types (RFC 6838). */
const TYPE = /^(?:application\/)?(?:jwt|any|jws|jose|[a-z0-9.-]+\+jwt)$/i;

/** Warns of issuers whose tokens or keys cannot be used as the policy describes. */
export function lintIssuers(document: PolicyDocument): readonly Finding[] {
  const accepted = new Set(
    listSettled(document)
      .filter(({ settled }) => settled.access !== "public")
      .flatMap(({ settled }) => settled.alternatives.flatMap(({ keys }) => keys.accept)),
  );
  const hasRules = Object.keys(document.routes).length > 0;
  return Object.entries(document.issuers).flatMap(([id, issuer]) => {
    const path: DocumentPath = ["issuers", id];
    return [
      ...(hasRules && !accepted.has(id)
        ? warn(
            "issuer_unused",
            path,
            `No rule accepts this issuer, so its tokens are always refused. Add "${id}" to the list "accept" of a rule, or remove the issuer.`,
            true,
          )
        : []),
      ...lintAddress(issuer, path),
      ...lintTimes(issuer, path),
      ...lintTypes(issuer, path),
      ...lintAudiences(issuer, path),
    ];
  });
}

function lintAddress({ issuer, keys }: Issuer, path: DocumentPath): Finding[] {
  const findings: Finding[] = [];
  const own = METADATA.exec(issuer) ?? KEYS.exec(issuer);
  if (own) {
    const plain = suggestIssuer(issuer);
    const better = plain === undefined ? "" : ` Did you mean ${quoteText(plain)}?`;
    findings.push(
      ...warn(
        "issuer_not_iss",
        [...path, "issuer"],
        `This is the address of metadata or keys, but not the value that tokens have in "iss".${better}`,
      ),
    );
  }
  if (issuer.startsWith("http://") && !LOOPBACK.test(issuer)) {
    findings.push(
      ...warn(
        "issuer_http",
        [...path, "issuer"],
        `Providers use https in "iss". Did you mean ${quoteText(issuer.replace("http:", "https:"))}?`,
      ),
    );
  }
  const { jwks_uri: jwks, metadata_uri: metadata } = keys;
  if (jwks !== undefined && METADATA.test(withoutQuery(jwks))) {
    findings.push(
      ...warn(
        "key_address_mixed_up",
        [...path, "keys", "jwks_uri"],
        `This is a metadata URL: write it under "metadata_uri".`,
      ),
    );
  }
  if (metadata !== undefined && KEYS.test(withoutQuery(metadata))) {
    findings.push(
      ...warn(
        "key_address_mixed_up",
        [...path, "keys", "metadata_uri"],
        `This is a key URL: write it under "jwks_uri".`,
      ),
    );
  }
  return findings;
}

/** Returns the issuer whose metadata has this URL. */
export function suggestIssuer(address: string): string | undefined {
  const found = METADATA.exec(address);
  return found ? address.slice(0, found.index) : undefined;
}

function lintTimes(
  { max_token_age: age, max_token_lifetime: lifetime, clock_skew: skew }: Issuer,
  path: DocumentPath,
): Finding[] {
  const skewSeconds = durationSeconds(skew);
  const zero = (
    [
      ["max_token_age", age],
      ["max_token_lifetime", lifetime],
    ] as const
  ).flatMap(([key, value]) =>
    value !== undefined && durationSeconds(value) === 0
      ? warn(
          "duration_never",
          [...path, key],
          `With ${value}, only tokens within the clock skew are accepted, or none. Write a longer duration, or leave the key out.`,
        )
      : [],
  );
  const isShort = lifetime !== undefined && durationSeconds(lifetime) > 0 && durationSeconds(lifetime) < skewSeconds;
  return isShort
    ? warn(
        "duration_never",
        [...path, "max_token_lifetime"],
        `${lifetime} is less than the clock skew of ${skew}. Almost no provider issues such tokens.`,
      )
    : zero;
}

function lintTypes({ token_type: type }: Issuer, path: DocumentPath): Finding[] {
  return [type]
    .flat()
    .filter((name) => !TYPE.test(name))
    .flatMap((name) =>
      warn(
        "token_type_unusual",
        [...path, "token_type"],
        `No known provider writes the "typ" ${quoteText(name)}. Did you mean "at+jwt", "JWT" or "any"?`,
      ),
    );
}

function lintAudiences({ issuer, audiences }: Issuer, path: DocumentPath): Finding[] {
  const plain = (text: string): string => text.replace(/\/$/, "");
  return [...audiences].flatMap((audience, index) =>
    plain(audience) === plain(issuer)
      ? warn(
          "audience_is_issuer",
          [...path, "audiences", index],
          `This audience is the issuer. "aud" names the API that the token is for: write the identifier of this API.`,
        )
      : [],
  );
}

function withoutQuery(url: string): string {
  return url.replace(/\?.*/s, "");
}
