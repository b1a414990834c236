import {
  type CountedRejection,
  listRejections,
  listRules,
  type ServerReading,
} from "../../plugin/server/view/counted-rows.ts";
import type { AbuseRows } from "../../plugin/server/view/status-document.ts";

/**
 * Returns the content of the tables for `--format json`, which programs can read. Times are in ISO 8601, and rates are
 * per second. A rate is null if it is unknown.
 */
export function describeJson(servers: readonly ServerReading[], problems: readonly string[]): object {
  return {
    problems,
    servers: servers.map(({ name, document, rates }) => ({
      server: name,
      version: document.version,
      at: new Date(document.at).toISOString(),
      counted_since: new Date(document.countedSince).toISOString(),
      ready: document.isReady,
      reasons: document.reasons,
      abuse: document.abuse === undefined ? null : describeAbuse(document.abuse),
      guard_hits: document.guardHits ?? null,
      guard_hits_per_second: rates.guardHits ?? null,
      keys: document.keys.map(({ issuer, iss, from, state, keys, loadedAt, failures, failure }) => ({
        ...{ issuer, iss, from, state, keys, failures, failure: failure ?? null },
        loaded_at: loadedAt === undefined ? null : new Date(loadedAt).toISOString(),
      })),
      policies: document.policies.map(({ source, name, sha256, mistakes }) => ({
        ...{ source, name: name ?? null, sha256: sha256 ?? null, refused: mistakes },
      })),
    })),
    rejections: listRejections(servers, "all").map(describeRejection),
    rules: listRules(servers).map(({ policy, rule, requests, denied, wouldDeny, inReportMode }) => ({
      ...{ policy, rule: rule ?? null },
      ...{ requests: requests.requests, requests_per_second: requests.perSecond ?? null },
      ...{ denied: denied.requests, denied_per_second: denied.perSecond ?? null },
      ...{ would_have_denied: wouldDeny.requests, would_have_denied_per_second: wouldDeny.perSecond ?? null },
      in_report_mode: inReportMode,
    })),
  };
}

function describeAbuse({ alarms, refusedTokens }: AbuseRows): object {
  return {
    alarms: alarms.map(({ rule, issuer, ...alarm }) => ({ ...alarm, rule: rule ?? null, issuer: issuer ?? null })),
    refused_tokens: refusedTokens,
  };
}

function describeRejection({
  policy,
  rule,
  issuer,
  outcome,
  reason,
  status,
  requests,
  perSecond,
}: CountedRejection): object {
  return {
    ...{ policy, rule: rule ?? null, issuer: issuer ?? null, outcome, reason, status },
    ...{ requests, per_second: perSecond ?? null },
  };
}
