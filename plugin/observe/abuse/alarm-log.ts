import type { JsonValue } from "../../core/json/json.ts";
import type { Reason } from "../../core/model/denial.ts";
import { LineBudget } from "../decisions/line-budget.ts";
import type { Pseudonyms } from "../decisions/pseudonyms.ts";

type AlarmKind = "shared_token" | "failing_subject" | "unknown_keys" | "long_lifetime" | "denial_rate";

/**
 * One finding of a detector. The names in a finding come from configuration. The numbers in a finding are counts or
 * times.
 */
export interface Alarm {
  readonly kind: AlarmKind;
  readonly policy: string;
  readonly rule?: string | undefined;
  readonly issuer?: string | undefined;
  readonly reason?: Reason | undefined;
  /** The claim `sub`. The alarm log writes only a pseudonym of the subject. */
  readonly subject?: JsonValue | undefined;
  readonly requestId?: string | undefined;
  readonly numbers: Readonly<Record<string, number>>;
}

/** How often one kind of alarm was raised. */
export interface AlarmCount extends Pick<Alarm, "kind" | "policy" | "rule" | "issuer"> {
  readonly alarms: number;
}

export interface AlarmLogOptions {
  readonly linesPerMinute: number;
  readonly pseudonyms: Pseudonyms;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Writes a line to the operator's log. */
  readonly warn: (line: string) => void;
  /** Writes an alarm into the decision log. */
  readonly log?: ((members: Readonly<Record<string, unknown>>) => void) | undefined;
}

/** What each alarm means, and what the operator should do first. */
const TEXTS: { readonly [K in AlarmKind]: readonly [what: string, next: string] } = {
  shared_token: [
    "clients in different networks use one token at the same time",
    "Find out who uses the token: ask the user or the client's owner. Then revoke the session at the issuer. If these networks belong together, add them to shared_networks.",
  ],
  failing_subject: [
    "one subject is denied again and again",
    "Look for the subject's denials in the decision log: either a client has a defect, or an attacker tests what the subject may do.",
  ],
  unknown_keys: [
    "many more tokens than usual have an unknown key, algorithm or issuer",
    "The cause is one of these: an attack, a client with tokens of another environment, or keys that the issuer has not published.",
  ],
  long_lifetime: [
    "a token lives much longer than the other tokens of its issuer",
    "Check the settings of the issuer. To refuse such tokens, set max_token_lifetime in the policy.",
  ],
  denial_rate: [
    "the share of denied requests of one rule changed suddenly",
    "Look for a recent change of the policy, the clients or the issuer.",
  ],
};

const MINUTE_MS = 60_000;
/**
 * Maximum number of counts. The names of counts come only from configuration. But configuration can change while the
 * process runs, so the counts need a limit.
 */
const MAX_COUNTS = 1_000;
const BYTES_PER_COUNT = 400;

/** Counts alarms, and writes lines about them. During a flood of alarms, it writes only a limited number of lines. */
export class AlarmLog {
  readonly #options: AlarmLogOptions;
  readonly #budget: LineBudget;
  readonly #counts = new Map<string, AlarmCount & { alarms: number }>();
  #leftOut = 0;

  constructor(options: AlarmLogOptions) {
    this.#options = options;
    this.#budget = new LineBudget(options.linesPerMinute, options.now, MINUTE_MS);
  }

  get bytes(): number {
    return this.#counts.size * BYTES_PER_COUNT;
  }

  raise(alarm: Alarm): void {
    this.#count(alarm);
    if (!this.#budget.take(alarm.kind)) {
      this.#leftOut += 1;
      return;
    }
    const { pseudonyms, warn, log } = this.#options;
    const { kind, policy, rule, issuer, reason, subject, requestId, numbers } = alarm;
    const hidden = subject === undefined ? undefined : pseudonyms.of("sub", JSON.stringify(subject));
    const counts = { ...numbers, ...(this.#leftOut > 0 && { alarms_left_out: this.#leftOut }) };
    const [what, next] = TEXTS[kind];
    const pairs = Object.entries({
      ...{ kind, policy, rule, issuer, reason },
      ...(hidden && { subject_hmac: hidden.hmac, subject_key: hidden.key }),
      ...counts,
      request_id: requestId,
    }).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
    warn(`abuse: ${what}: ${pairs.join(" ")} next=${JSON.stringify(next)}`);
    log?.({ kind, policy, rule, issuer, reason, subject: hidden, ...counts, request_id: requestId });
    this.#leftOut = 0;
  }

  list(): readonly AlarmCount[] {
    return [...this.#counts.values()].map((count) => ({ ...count }));
  }

  #count({ kind, policy, rule, issuer }: Alarm): void {
    const name = JSON.stringify([kind, policy, rule, issuer]);
    const known = this.#counts.get(name);
    if (known !== undefined) {
      known.alarms += 1;
    } else if (this.#counts.size < MAX_COUNTS) {
      this.#counts.set(name, { kind, policy, rule, issuer, alarms: 1 });
    }
  }
}
