import type { CompiledIssuer } from "../../plugin/core/model/policy.ts";
import { quoteText } from "../../plugin/core/text/printable.ts";
import { readFirstCertificate } from "../../plugin/keys/import/certificate-names.ts";
import type { ImportedKey, ImportedKeySet } from "../../plugin/keys/import/imported-key.ts";
import type { DocumentPath, Finding, FindingCode } from "../../plugin/policy/language/finding.ts";
import { adviseFailure } from "./advise-failure.ts";
import type { AskedIssuer, AskedPlace } from "./ask-issuer.ts";
import { pathOfOrigin } from "./key-places.ts";

const MAX_REASONS = 3;
/**
 * The tolerance for comparing clocks. The header `Date` has only whole seconds, and an answer needs some time to
 * arrive.
 */
const CLOCK_TOLERANCE_SECONDS = 2;

/** Finds problems with each source of an issuer's keys: a source that does not answer, and keys that the plugin does not use. */
export function judgePlaces({ issuer, places, combined }: AskedIssuer, now: number): readonly Finding[] {
  return places.flatMap((place, index) => {
    const path = pathOfOrigin(issuer, place.origin);
    return place.keys.ok
      ? [
          ...judgeKeys(issuer, place.keys.value, combined.places[index]?.dropped ?? [], path),
          ...judgeCertificates(issuer, place.keys.value.keys, path, now),
          ...judgeClock(issuer, place, path),
        ]
      : [describeFailure(issuer, place.keys.failure, path), ...judgeClock(issuer, place, path)];
  });
}

function describeFailure({ id }: CompiledIssuer, failure: string, path: DocumentPath): Finding {
  const { code, advice } = adviseFailure(failure);
  return { code, path, message: `The keys of issuer ${quoteText(id)} cannot be loaded: ${failure}. ${advice}` };
}

/**
 * @param dropped when the plugin joins the keys of all sources, it drops some keys. These are the reasons for the keys
 * of this source.
 */
function judgeKeys(
  { id, algorithms }: CompiledIssuer,
  { keys, ignored, unused, notes, leaked }: ImportedKeySet,
  dropped: readonly string[],
  path: DocumentPath,
): readonly Finding[] {
  const issuer = `issuer ${quoteText(id)}`;
  const warn = (code: FindingCode, message: string): Finding => ({ code, severity: "warning", path, message });
  const reasons = [...leaked, ...ignored, ...unused];
  const none: Finding = {
    code: "no_usable_key",
    path,
    message: `${capitalize(issuer)} has no key for ${[...algorithms].join(", ")}${describeReasons(reasons)}. All its tokens get 503: correct "algorithms", or ask the provider to publish a key.`,
  };
  return [
    ...leaked.map((reason): Finding => ({ code: "private_key", path, message: `A key of ${issuer}: ${reason}.` })),
    ...(keys.length === 0 ? [none] : [...ignored, ...dropped].map((reason) => judgeIgnored(reason, issuer, warn))),
    ...notes.map((note) => warn("key_note", `A key of ${issuer} is used, but: ${note}.`)),
  ];
}

function judgeIgnored(reason: string, issuer: string, warn: (code: FindingCode, message: string) => Finding): Finding {
  if (/with the same kid$/.test(reason)) {
    return warn(
      "kid_duplicate",
      `${capitalize(issuer)} has ${reason}, and the plugin uses only the first of these keys. The provider must give each key its own kid.`,
    );
  }
  const remedy = /thumbprint is not among/.test(reason)
    ? "name its thumbprint in the policy if you trust it"
    : "ask the provider to replace it";
  return warn(
    "key_unusable",
    `A key of ${issuer} cannot be used: ${reason}. The plugin refuses tokens that this key signed: ${remedy}.`,
  );
}

/**
 * The plugin ignores the dates of a certificate. But an expired certificate often shows that someone forgot the key or
 * has replaced it.
 */
function judgeCertificates(
  { id }: CompiledIssuer,
  keys: readonly ImportedKey[],
  path: DocumentPath,
  now: number,
): readonly Finding[] {
  const distinct = new Map(keys.map((key) => [key.thumbprint, key]));
  return [...distinct.values()].flatMap(({ kid, algorithm, jwk }): Finding[] => {
    const certificate = jwk && readFirstCertificate(jwk);
    if (!certificate || Date.parse(certificate.validTo) >= now) {
      return [];
    }
    const name = kid === undefined ? "" : ` ${quoteText(kid)}`;
    const date = new Date(certificate.validTo).toISOString().slice(0, 10);
    const message = `The certificate of the ${algorithm} key${name} of issuer ${quoteText(id)} has expired on ${date}. The plugin still uses the key: ask the provider to remove the key if it is no longer used, or to renew its certificate.`;
    return [{ code: "certificate_expired", severity: "warning", path, message }];
  });
}

/** The provider's clock sets the times in tokens. */
function judgeClock(
  { id, clockSkewSeconds }: CompiledIssuer,
  { clockAheadMs }: AskedPlace,
  path: DocumentPath,
): readonly Finding[] {
  const seconds = Math.abs(clockAheadMs ?? 0) / 1000;
  if (seconds <= Math.max(clockSkewSeconds, 0) + CLOCK_TOLERANCE_SECONDS) {
    return [];
  }
  const direction = (clockAheadMs ?? 0) > 0 ? "behind" : "ahead of";
  const message = `The clock of this machine is ${Math.round(seconds)} s ${direction} the clock of issuer ${quoteText(id)}, and the policy allows a clock skew of ${clockSkewSeconds} s. Synchronise the clock (NTP): otherwise valid tokens are refused, or expired tokens are accepted.`;
  return [{ code: "clock_differs", severity: "warning", path, message }];
}

function describeReasons(reasons: readonly string[]): string {
  const more = reasons.length - MAX_REASONS;
  const shown = reasons.slice(0, MAX_REASONS).join("; ");
  return reasons.length === 0 ? ": it has no keys" : `: ${shown}${more > 0 ? `; and ${more} more` : ""}`;
}

function capitalize(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
