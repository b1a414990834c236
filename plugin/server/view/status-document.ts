/** One row of `rejections`. */
export interface RejectionRow {
  readonly policy: string;
  /** The rule's id; undefined if no rule fits. */
  readonly rule: string | undefined;
  /** The issuer's id; undefined if the token names no issuer of the policy. */
  readonly issuer: string | undefined;
  readonly outcome: "deny" | "would_deny";
  readonly reason: string;
  /** The HTTP status that clients get for this reason. */
  readonly status: number;
  readonly requests: number;
  /** The time in milliseconds since the epoch. */
  readonly lastAt: number | undefined;
}

/** One row of `judged`. */
export interface RuleRow {
  readonly policy: string;
  /** The rule's id; undefined if no rule fits. */
  readonly rule: string | undefined;
  readonly requests: number;
  readonly denied: number;
  readonly wouldDeny: number;
  readonly inReportMode: number;
}

/** The keys of one issuer from one source. */
export interface KeysRow {
  readonly issuer: string;
  readonly iss: string;
  readonly from: string;
  readonly state: string;
  readonly keys: number;
  /** The time in milliseconds since the epoch. */
  readonly loadedAt: number | undefined;
  readonly isRestored: boolean;
  readonly failures: number;
  readonly failure: string | undefined;
  readonly warnings: readonly string[];
}

/** How often one kind of abuse was found. */
export interface AlarmRow {
  readonly kind: string;
  readonly policy: string;
  readonly rule: string | undefined;
  readonly issuer: string | undefined;
  readonly alarms: number;
}

/** The state of the detection of abuse. */
export interface AbuseRows {
  readonly alarms: readonly AlarmRow[];
  /** How many tokens are refused at the moment because several clients use them. */
  readonly refusedTokens: number;
}

export interface PolicyRow {
  readonly source: string;
  /** Name and SHA-256 are undefined if no version is in effect. */
  readonly name: string | undefined;
  readonly sha256: string | undefined;
  readonly mistakes: readonly { readonly line: number; readonly code: string; readonly message: string }[];
  readonly issuersWithoutKeys: readonly string[];
}

/** The part of `/status` that the views show. */
export interface StatusDocument {
  readonly version: string;
  /** The server's time, in milliseconds since the epoch. */
  readonly at: number;
  readonly countedSince: number;
  readonly isReady: boolean;
  readonly reasons: readonly string[];
  readonly policies: readonly PolicyRow[];
  readonly keys: readonly KeysRow[];
  readonly rules: readonly RuleRow[];
  readonly rejections: readonly RejectionRow[];
  /** How many requests the guard let pass with an earlier verdict; undefined if the server does not reuse verdicts. */
  readonly guardHits: number | undefined;
  /** The state of the detection of abuse; undefined if the server does not watch for abuse. */
  readonly abuse: AbuseRows | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Limits for what is read. Another program, perhaps a hostile one, may answer at this address. */
const MAX_ROWS = 10_000;
const MAX_TEXT = 500;
const MAX_REASONS = 20;

/**
 * Parses the JSON of `/status`. Returns undefined if the JSON is not the status document of a plugin server. Parts of
 * the wrong type count as absent.
 */
export function readStatusDocument(value: unknown): StatusDocument | undefined {
  const status = fieldsOf(value);
  const [at, countedSince] = [readTime(status.at), readTime(status.counted_since)];
  if (at === undefined || countedSince === undefined || !Array.isArray(status.rejections)) {
    return undefined;
  }
  const { guard_hits: guardHits } = fieldsOf(status.verdict_cache);
  return {
    version: readText(status.version),
    at,
    countedSince,
    isReady: status.ready === true,
    reasons: readTexts(status.reasons),
    policies: readRows(status.policies).map(readPolicy),
    keys: readRows(status.keys).map(readKeys),
    rules: readRows(status.judged).map(readRule),
    rejections: joinRejections(readRows(status.rejections).map(readRejection)),
    guardHits: guardHits === undefined ? undefined : readCount(guardHits),
    abuse: status.abuse === undefined ? undefined : readAbuse(fieldsOf(status.abuse)),
  };
}

/**
 * The server counts requests of a rule separately for report mode and enforce mode, so this function adds the two
 * counts.
 */
function joinRejections(rows: readonly RejectionRow[]): readonly RejectionRow[] {
  const joined = new Map<string, RejectionRow>();
  for (const row of rows) {
    const key = JSON.stringify([row.policy, row.rule, row.issuer, row.outcome, row.reason]);
    const known = joined.get(key);
    const lastAt = Math.max(known?.lastAt ?? 0, row.lastAt ?? 0) || undefined;
    joined.set(key, { ...row, requests: row.requests + (known?.requests ?? 0), lastAt });
  }
  return [...joined.values()];
}

function readRejection(row: Fields): RejectionRow {
  return {
    policy: readText(row.policy),
    rule: readOptional(row.rule),
    issuer: readOptional(row.issuer),
    outcome: row.outcome === "would_deny" ? "would_deny" : "deny",
    reason: readText(row.reason),
    status: readCount(row.status),
    requests: readCount(row.requests),
    lastAt: readTime(row.last_at),
  };
}

function readAbuse({ alarms, refused_tokens: refusedTokens }: Fields): AbuseRows {
  return {
    alarms: readRows(alarms).map((row) => ({
      kind: readText(row.kind),
      policy: readText(row.policy),
      rule: readOptional(row.rule),
      issuer: readOptional(row.issuer),
      alarms: readCount(row.alarms),
    })),
    refusedTokens: readCount(refusedTokens),
  };
}

function readRule(row: Fields): RuleRow {
  return {
    policy: readText(row.policy),
    rule: readOptional(row.rule),
    requests: readCount(row.requests),
    denied: readCount(row.denied),
    wouldDeny: readCount(row.would_have_denied),
    inReportMode: readCount(row.in_report_mode),
  };
}

function readKeys(row: Fields): KeysRow {
  return {
    issuer: readText(row.issuer),
    iss: readText(row.iss),
    from: readText(row.from),
    state: readText(row.state),
    keys: readCount(row.keys),
    loadedAt: readTime(row.loaded_at),
    isRestored: row.from_state_dir === true,
    failures: readCount(row.failures),
    failure: readOptional(row.failure),
    warnings: readTexts(row.warnings),
  };
}

function readPolicy(row: Fields): PolicyRow {
  return {
    source: readText(row.source),
    name: readOptional(row.name),
    sha256: readOptional(row.sha256),
    mistakes: readRows(row.refused)
      .slice(0, MAX_REASONS)
      .map(({ line, code, message }) => ({ line: readCount(line), code: readText(code), message: readText(message) })),
    issuersWithoutKeys: readTexts(row.issuers_without_keys),
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function readRows(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.slice(0, MAX_ROWS).map(fieldsOf) : [];
}

function readText(value: unknown): string {
  return typeof value === "string" ? value.slice(0, MAX_TEXT) : "";
}

function readOptional(value: unknown): string | undefined {
  return typeof value === "string" ? readText(value) : undefined;
}

function readTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.slice(0, MAX_REASONS).map(readText) : [];
}

function readCount(value: unknown): number {
  return Number.isFinite(value) ? Math.max(0, value as number) : 0;
}

function readTime(value: unknown): number | undefined {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isFinite(time) ? time : undefined;
}
