/** When the server of the tests started. */
export const START = Date.parse("2027-01-15T08:00:00Z");

interface Requests {
  readonly passed?: number;
  readonly expired?: number;
  readonly reported?: number;
}

/**
 * The JSON of a `/status`. Each test changes it in one respect.
 *
 * @param seconds the seconds since {@link START}.
 */
export function statusAt(seconds: number, { passed = 0, expired = 0, reported = 0 }: Requests, changes: object = {}) {
  const at = new Date(START + seconds * 1_000).toISOString();
  const rejection = { policy: "payments", issuer: "acme", status: 401, last_at: at };
  return {
    version: "1.2.3",
    at,
    counted_since: new Date(START).toISOString(),
    ready: true,
    reasons: [] as readonly string[],
    policies: [
      { source: "payments.yaml", name: "payments", sha256: "ab".repeat(32), refused: [], issuers_without_keys: [] },
    ],
    keys: [
      {
        ...{ issuer: "acme", iss: "https://idp.example", from: "discovery", state: "serving", keys: 2 },
        ...{ loaded_at: new Date(START).toISOString(), from_state_dir: false, failures: 0, failure: null },
        ...{ not_used: [], warnings: [] },
      },
    ],
    judged: [
      { policy: "payments", rule: "read", requests: passed + expired, denied: expired, in_report_mode: 0 },
      {
        ...{ policy: "payments", rule: "watched", requests: reported * 10, denied: 0 },
        ...{ would_have_denied: reported, in_report_mode: reported * 10 },
      },
    ],
    rejections: [
      { ...rejection, rule: "read", outcome: "deny", reason: "token_expired", requests: expired },
      { ...rejection, rule: "watched", outcome: "would_deny", reason: "scope_insufficient", requests: reported },
    ],
    verdict_cache: { guard_hits: passed / 2 },
    ...changes,
  };
}
