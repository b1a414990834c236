import { DENIALS } from "../../core/model/denial.ts";
import { withoutUserInfo } from "../../core/text/printable.ts";
import type { IssuerKeysStatus } from "../../keys/life/key-source.ts";
import type { KeyStoreStatus } from "../../keys/store/key-store.ts";
import { VERSION } from "../../kong/contract/plugin-identity.ts";
import type { AbuseStatus } from "../../observe/abuse/abuse-watch.ts";
import type { JudgedCount, RejectionCount, ReportCount } from "../../observe/report-counts.ts";
import type { VerdictCacheStatus } from "../../runtime/verdict-cache.ts";
import type { PolicyStatus } from "../../runtime/versions/policy-report.ts";

/** The status of the plugin server's process. */
export interface Status {
  /** Why the process should get no requests. The list is empty if the process is ready. */
  readonly reasons: readonly string[];
  readonly policies: readonly PolicyStatus[];
  readonly keys: readonly IssuerKeysStatus[];
  /** The state of the store that keeps keys over restarts; undefined if the server does not store keys. */
  readonly keyStore?: KeyStoreStatus | undefined;
  readonly reports: readonly ReportCount[];
  readonly rejections: readonly RejectionCount[];
  readonly judged: readonly JudgedCount[];
  /** The state of the cache of verdicts; undefined if the server does not reuse verdicts. */
  readonly verdicts?: VerdictCacheStatus | undefined;
  /** The state of the detection of abuse; undefined if the server does not watch for abuse. */
  readonly abuse?: AbuseStatus | undefined;
  /** When the counts began, in milliseconds since the epoch. */
  readonly countedSince: number;
  /** The time of this status, in milliseconds since the epoch. */
  readonly at: number;
}

/** Renders the status as JSON for `/status`. The JSON contains names from configuration, but no secrets. */
export function describeStatus({
  reasons,
  policies,
  keys,
  keyStore,
  reports,
  rejections,
  judged,
  verdicts,
  abuse,
  countedSince,
  at,
}: Status): object {
  return {
    version: VERSION,
    at: new Date(at).toISOString(),
    ready: reasons.length === 0,
    reasons,
    policies: policies.map(describePolicy),
    keys: keys.flatMap(describeKeys),
    ...(keyStore && { state_dir: { path: keyStore.directory, problem: keyStore.problem ?? null } }),
    counted_since: new Date(countedSince).toISOString(),
    judged: judged.map(describeJudged),
    ...(verdicts && { verdict_cache: describeVerdicts(verdicts) }),
    would_have_denied: reports.map(describeReport),
    rejections: rejections.map(describeRejection),
    ...(abuse && { abuse: describeAbuse(abuse) }),
  };
}

function describePolicy({ source, inForce, refused, issuersWithoutKeys }: PolicyStatus): object {
  return {
    source,
    name: inForce?.name ?? null,
    sha256: inForce?.sha256 ?? null,
    refused: refused.map(({ line, column, code, message }) => ({ line, column, code, message })),
    issuers_without_keys: issuersWithoutKeys,
  };
}

function describeKeys({ id, issuer, sets }: IssuerKeysStatus): readonly object[] {
  return sets.map(({ from, state, keys, loadedAt, isRestored, failures, failure, notUsed, warnings }) => ({
    issuer: id,
    iss: withoutUserInfo(issuer),
    from,
    state,
    keys,
    loaded_at: loadedAt === undefined ? null : new Date(loadedAt).toISOString(),
    from_state_dir: isRestored,
    failures,
    failure: failure === undefined ? null : withoutUserInfo(failure),
    not_used: notUsed.map(withoutUserInfo),
    warnings: warnings.map(withoutUserInfo),
  }));
}

function describeReport({ policy, rule, reason, requests, lastAt }: ReportCount): object {
  return { policy, rule: rule ?? null, reason, requests, last_at: new Date(lastAt).toISOString() };
}

function describeRejection({ policy, rule, issuer, outcome, reason, requests, lastAt }: RejectionCount): object {
  return {
    policy,
    rule: rule ?? null,
    issuer: issuer ?? null,
    outcome,
    reason,
    status: DENIALS[reason].status,
    requests,
    last_at: new Date(lastAt).toISOString(),
  };
}

function describeJudged({ policy, rule, requests, denied, reported, inReportMode }: JudgedCount): object {
  return { policy, rule: rule ?? null, requests, denied, would_have_denied: reported, in_report_mode: inReportMode };
}

function describeAbuse({ alarms, refusedTokens, lost }: AbuseStatus): object {
  return {
    alarms: alarms.map(({ kind, policy, rule, issuer, alarms: count }) => ({
      ...{ kind, policy, rule: rule ?? null, issuer: issuer ?? null, alarms: count },
    })),
    refused_tokens: refusedTokens,
    records_lost: lost,
  };
}

function describeVerdicts({ generation, entries, bytes, hits, misses, guardHits }: VerdictCacheStatus): object {
  return { generation, entries, bytes, hits, misses, guard_hits: guardHits };
}
