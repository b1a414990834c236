import type { JsonObject } from "../../plugin/core/json/json.ts";
import { quoteText } from "../../plugin/core/text/printable.ts";
import { namesOf } from "../../plugin/keys/rules/jwk.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import type { AskedIssuer } from "./ask-issuer.ts";
import { pathOfOrigin } from "./key-places.ts";

/**
 * For each setting, whether the policy author wrote it into the policy. Defaults are not judged, because the default
 * list of algorithms has more names than any provider uses.
 */
export interface WrittenIssuer {
  readonly algorithms: boolean;
  readonly minRefresh: boolean;
}

/** Reads the names of signature algorithms from metadata, which is untrusted. */
const ALGORITHM = /^[A-Za-z0-9-]{1,20}$/;
const MAX_ANNOUNCED = 20;

/**
 * Finds the algorithms of ID tokens in the provider's metadata (OpenID Connect Discovery 1.0 section 3). Metadata does
 * not announce the algorithms of access tokens. But almost all providers use the same algorithms for ID tokens and
 * access tokens. The result is undefined if the provider announces no algorithms.
 */
export function readAnnounced(metadata: JsonObject | undefined): readonly string[] | undefined {
  const list = metadata?.id_token_signing_alg_values_supported;
  const names = Array.isArray(list)
    ? list.filter((name): name is string => typeof name === "string" && ALGORITHM.test(name)).slice(0, MAX_ANNOUNCED)
    : [];
  return names.length === 0 ? undefined : names;
}

/**
 * Finds problems with an issuer's algorithms. Also finds problems with the time for which the issuer's keys are used.
 * If a source of keys did not answer, there are no findings.
 */
export function judgeAlgorithms(asked: AskedIssuer, written: WrittenIssuer): readonly Finding[] {
  const isComplete = asked.places.every(({ keys }) => keys.ok && keys.value.keys.length > 0);
  return isComplete
    ? [...judgeMissing(asked, written), ...judgeAnnounced(asked, written), ...judgeRefresh(asked, written)]
    : [];
}

function judgeMissing({ issuer, combined }: AskedIssuer, written: WrittenIssuer): readonly Finding[] {
  const served = servedAlgorithms(combined);
  const missing = [...issuer.algorithms].filter((algorithm) => written.algorithms && !served.has(algorithm));
  return missing.map(
    (algorithm): Finding => ({
      code: "algorithm_without_key",
      severity: "warning",
      path: ["issuers", issuer.id, "algorithms", [...issuer.algorithms].indexOf(algorithm)],
      message: `Issuer ${quoteText(issuer.id)} has no key for ${algorithm}; its keys are for ${[...served].join(", ")}. Remove ${algorithm} here, unless the provider will publish such a key.`,
    }),
  );
}

/**
 * A key without `alg` is bound to the policy's algorithm. If the provider signs with another algorithm, all its tokens are
 * refused.
 */
function judgeAnnounced({ issuer, places, combined }: AskedIssuer, written: WrittenIssuer): readonly Finding[] {
  const served = [...servedAlgorithms(combined)];
  return places.flatMap(({ origin, metadata }): Finding[] => {
    const announced = readAnnounced(metadata);
    if (announced === undefined) {
      return [];
    }
    const foreign = served.filter((algorithm) => !namesOf(algorithm).some((name) => announced.includes(name)));
    const isAll = foreign.length === served.length;
    const path = written.algorithms ? ["issuers", issuer.id, "algorithms"] : pathOfOrigin(issuer, origin);
    const message = `Issuer ${quoteText(issuer.id)} announces ${announced.join(", ")} for ID tokens, but not ${foreign.join(", ")}. If access tokens use an announced algorithm that "algorithms" lacks, they are refused: write this algorithm under "algorithms".`;
    return foreign.length > 0 && (isAll || written.algorithms)
      ? [{ code: "algorithm_not_announced", severity: "warning", path, message }]
      : [];
  });
}

function servedAlgorithms({ places }: AskedIssuer["combined"]): ReadonlySet<string> {
  return new Set(places.flatMap(({ keys }) => keys.map(({ algorithm }) => algorithm)));
}

/**
 * Some providers send a cache time with their keys. Such a provider expects that gateways stop using a withdrawn key
 * after this time.
 */
function judgeRefresh({ issuer, places }: AskedIssuer, written: WrittenIssuer): readonly Finding[] {
  const { minSeconds } = issuer.keyRefresh;
  const shortest = Math.min(...places.map(({ freshForSeconds }) => freshForSeconds ?? Number.POSITIVE_INFINITY));
  if (!written.minRefresh || shortest >= minSeconds) {
    return [];
  }
  const message = `Issuer ${quoteText(issuer.id)} allows the use of its keys for ${shortest} s, but "min" keeps them for ${minSeconds} s. The plugin uses a withdrawn key for that time: write a smaller "min", or leave "min" out.`;
  return [{ code: "key_min_long", severity: "warning", path: ["issuers", issuer.id, "key_refresh", "min"], message }];
}
