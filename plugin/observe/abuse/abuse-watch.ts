import { type JsonObject, type JsonValue, roundNumber } from "../../core/json/json.ts";
import type { Answer, Decision, Evidence, Trace } from "../../core/model/decision.ts";
import { denialRow, type Reason } from "../../core/model/denial.ts";
import type { TokenRefusals } from "../../core/model/token.ts";
import type { JudgedEvent } from "../decisions/judged-event.ts";
import { denialOf } from "../decisions/outcome.ts";
import { Pseudonyms } from "../decisions/pseudonyms.ts";
import type { AbuseSettings, SharedTokenSettings } from "./abuse-settings.ts";
import { type Alarm, type AlarmCount, AlarmLog, type AlarmLogOptions } from "./alarm-log.ts";
import { DenialRates } from "./denial-rates.ts";
import { FailingSubjects } from "./failing-subjects.ts";
import { RefusedTokens } from "./refused-tokens.ts";
import { KeyedHash, type KeyedId } from "./tables/keyed-hash.ts";
import { type NetworkOptions, networkOf } from "./tables/network-of.ts";
import { TokenLifetimes } from "./token-lifetimes.ts";
import { TokenNetworks } from "./token-networks.ts";
import { UnknownKeys } from "./unknown-keys.ts";

/** The data about a valid token that the watch needs when a client sends the same token again. */
export interface SeenToken {
  readonly id: KeyedId;
  /** The claim `sub`, for a pseudonym; undefined if the claim is absent or too long. */
  readonly subject: JsonValue | undefined;
}

/** One request, with the data for the decision log and two more facts for the abuse watch. */
export interface WatchedEvent extends JudgedEvent {
  /** The request's token, if the plugin has already hashed it. */
  readonly token?: SeenToken | undefined;
  /** The client's address. Reading it costs much less than reading the whole request. */
  readClient(): string | undefined;
}

export interface AbuseWatchOptions extends Pick<AlarmLogOptions, "warn" | "log"> {
  readonly settings: AbuseSettings;
  /** Returns the time in milliseconds since the epoch. */
  readonly now: () => number;
  /** Returns milliseconds from a clock that never goes back. The clock starts at about 0 when the process starts. */
  readonly monotonicMs: () => number;
  /** Random bytes: see {@link KeyedHash}. */
  readonly hashKey: Uint8Array;
  /** For this many milliseconds, the guard may reuse a verdict without asking the plugin server. */
  readonly unseenMs: number;
}

export interface AbuseStatus {
  readonly alarms: readonly AlarmCount[];
  readonly refusedTokens: number;
  /**
   * How many records the watch dropped too early, because there were too many records.
   */
  readonly lost: number;
  readonly bytes: number;
}

/** The reasons for a denial that the detector {@link UnknownKeys} counts. */
const UNKNOWN: ReadonlySet<Reason> = new Set(["key_not_found", "algorithm_not_allowed", "issuer_untrusted"]);
/** A longer subject is not stored, because it would fill the cache of verdicts. */
const MAX_SUBJECT = 256;

/**
 * Watches requests for signs of replayed and stolen tokens. The watch stores only keyed hashes, counts and times, in a fixed
 * amount of memory. The abuse watch reports its findings, and can refuse a shared token for a limited time. A defect in
 * the watch never changes a decision.
 */
export class AbuseWatch implements TokenRefusals {
  readonly #options: AbuseWatchOptions;
  readonly #hash: KeyedHash;
  readonly #alarms: AlarmLog;
  readonly #sharing: SharedTokenSettings | undefined;
  readonly #places: NetworkOptions;
  readonly #networks: TokenNetworks | undefined;
  readonly #failing: FailingSubjects | undefined;
  readonly #unknown: UnknownKeys | undefined;
  readonly #lifetimes: TokenLifetimes | undefined;
  readonly #rates: DenialRates | undefined;
  readonly #refused: RefusedTokens;
  #lastSigned: { readonly signed: Uint8Array; readonly id: KeyedId } | undefined;
  #hasDefect = false;
  #onRefuse: (isInGuard: boolean) => void = () => {};

  constructor(options: AbuseWatchOptions) {
    const { settings, now, warn, log, hashKey, unseenMs } = options;
    const { sharedTokens, failingSubjects, unknownKeys, longLifetimes, denialRates } = settings;
    const repeatMs = settings.repeatSeconds * 1_000;
    this.#options = options;
    this.#hash = new KeyedHash(hashKey);
    this.#alarms = new AlarmLog({
      linesPerMinute: settings.linesPerMinute,
      pseudonyms: new Pseudonyms(settings.pseudonymSecret, settings.rotateSeconds, now),
      ...{ now, warn, log },
    });
    this.#sharing = sharedTokens;
    const { ipv4Prefix = 32, ipv6Prefix = 128, sharedNetworks: shared = [] } = sharedTokens ?? {};
    this.#places = { ipv4Prefix, ipv6Prefix, shared };
    this.#networks = sharedTokens && new TokenNetworks({ ...sharedTokens, repeatMs, unseenMs });
    this.#failing = failingSubjects && new FailingSubjects({ ...failingSubjects, repeatMs });
    this.#unknown = unknownKeys && new UnknownKeys({ ...unknownKeys, repeatMs });
    this.#lifetimes = longLifetimes && new TokenLifetimes({ ...longLifetimes, repeatMs });
    this.#rates = denialRates && new DenialRates({ ...denialRates, repeatMs });
    this.#refused = new RefusedTokens((sharedTokens?.refuseSeconds ?? 0) * 1_000);
  }

  /** Whether the guard must keep a separate verdict for each client address. */
  get countsClients(): boolean {
    return this.#networks !== undefined;
  }

  /**
   * @param listener called when the watch starts to refuse a token. The argument of `listener` says whether the guard may still
   * have a verdict about this token.
   */
  onRefuse(listener: (isInGuard: boolean) => void): void {
    this.#onRefuse = listener;
  }

  /** Identifies the token of a judged request; undefined if the request has no valid token. */
  remember({ signed, claims }: Pick<Trace, "signed" | "claims">): SeenToken | undefined {
    return signed === undefined ? undefined : { id: this.#identify(signed), subject: readSubject(claims) };
  }

  /** Whether the guard must ask the plugin server about each request with this token. */
  isSuspect({ id }: SeenToken, client: string): boolean {
    const nowMs = this.#options.monotonicMs();
    return this.#refused.isRefused(id, nowMs) || this.#networks?.isSuspect(id, this.#networkOf(client), nowMs) === true;
  }

  isRefused(signed: Uint8Array): boolean {
    const nowMs = this.#options.monotonicMs();
    return this.#refused.hasAny(nowMs) && this.#refused.isRefused(this.#identify(signed), nowMs);
  }

  isRefusedToken({ id }: SeenToken): boolean {
    return this.#refused.isRefused(id, this.#options.monotonicMs());
  }

  /** Records one request after its decision. This method never throws. */
  note(outcome: Decision | Answer, event: WatchedEvent): void {
    try {
      this.#note(outcome, event);
    } catch {
      this.#reportDefect();
    }
  }

  /** Records requests that the guard let pass because of an earlier verdict. */
  notePassed({ policy, rule }: Evidence, requests: number): void {
    this.#noteRate({ policy, rule }, requests, 0);
  }

  status(): AbuseStatus {
    const detectors = [this.#networks, this.#failing, this.#unknown, this.#lifetimes, this.#rates];
    const bytes = detectors.reduce((sum, detector) => sum + (detector?.bytes ?? 0), 0);
    return {
      alarms: this.#alarms.list(),
      refusedTokens: this.#refused.count(this.#options.monotonicMs()),
      lost: (this.#networks?.lost ?? 0) + (this.#failing?.lost ?? 0),
      bytes: bytes + this.#refused.bytes + this.#alarms.bytes,
    };
  }

  /** Reports a defect only once, because the next requests may have the same defect. */
  #reportDefect(): void {
    if (!this.#hasDefect) {
      this.#hasDefect = true;
      this.#options.warn("abuse: a request could not be watched. This is a defect: please report it.");
    }
  }

  #note(outcome: Decision | Answer, event: WatchedEvent): void {
    if (outcome.verdict === "answer") {
      return;
    }
    const { evidence } = outcome;
    const denied = denialOf(outcome)?.denial.reason;
    const token = this.#networks || this.#lifetimes ? (event.token ?? this.remember(event)) : undefined;
    if (token) {
      this.#noteToken(token, evidence, event);
    }
    if (denied !== undefined) {
      this.#noteDenial(denied, evidence, event);
    }
    // A token that the watch already refuses must not raise the next alarm.
    if (denied !== "token_refused") {
      this.#noteRate(evidence, 1, denied === undefined ? 0 : 1, event);
    }
  }

  #noteToken(token: SeenToken, evidence: Evidence, event: WatchedEvent): void {
    const client = this.#networks && event.readClient();
    if (this.#networks && client) {
      this.#noteNetwork(this.#networks, token, client, evidence, event);
    }
    const seconds = this.#lifetimes && !event.isReused ? readLifetime(event.claims) : undefined;
    if (this.#lifetimes && seconds !== undefined) {
      const { policy, issuer } = evidence;
      const found = this.#lifetimes.see(`${policy}\n${issuer}`, token.id, seconds, this.#options.monotonicMs());
      if (found && !found.isRepeat) {
        const numbers = { lifetime_seconds: found.seconds, usual_seconds: found.usualSeconds };
        this.#raise({ kind: "long_lifetime", policy, issuer, subject: token.subject, numbers }, event);
      }
    }
  }

  #noteNetwork(
    networks: TokenNetworks,
    { id, subject }: SeenToken,
    client: string,
    { policy, rule, issuer }: Evidence,
    event: WatchedEvent,
  ): void {
    const nowMs = this.#options.monotonicMs();
    const found = networks.see(id, this.#networkOf(client), nowMs);
    if (!found) {
      return;
    }
    const refuseSeconds = this.#sharing?.refuseSeconds;
    if (refuseSeconds !== undefined && this.#refused.refuse(id, nowMs)) {
      this.#onRefuse(found.isInGuard);
    }
    if (!found.isRepeat) {
      const counts = { networks: found.networks, returns: found.returns };
      const numbers = { ...counts, ...(refuseSeconds !== undefined && { refused_seconds: refuseSeconds }) };
      this.#raise({ kind: "shared_token", policy, rule, issuer, subject, numbers }, event);
    }
  }

  #noteDenial(reason: Reason, { policy, rule, issuer }: Evidence, event: WatchedEvent): void {
    const nowMs = this.#options.monotonicMs();
    if (UNKNOWN.has(reason)) {
      const found = this.#unknown?.see(`${policy}\n${reason}`, nowMs);
      if (found && !found.isRepeat) {
        const numbers = { requests: found.requests, usual: found.usual };
        this.#raise({ kind: "unknown_keys", policy, issuer, reason, numbers }, event);
      }
    }
    const subject = event.isReused ? undefined : readSubject(event.claims);
    if (!this.#failing || subject === undefined || isOwnFailure(reason)) {
      return;
    }
    const found = this.#failing.see(this.#hash.identify(JSON.stringify([policy, issuer, subject])), nowMs);
    if (found && !found.isRepeat) {
      const numbers = { denials: found.denials };
      this.#raise({ kind: "failing_subject", policy, rule, issuer, reason, subject, numbers }, event);
    }
  }

  #noteRate({ policy, rule = "" }: Evidence, requests: number, denials: number, event?: WatchedEvent): void {
    const found = this.#rates?.see(`${policy}\n${rule}`, { requests, denials }, this.#options.monotonicMs());
    if (found && !found.isRepeat) {
      const numbers = { part: roundPart(found.part), usual: roundPart(found.usual), requests: found.requests };
      this.#raise({ kind: "denial_rate", policy, rule, numbers }, event);
    }
  }

  #raise(alarm: Alarm, event: WatchedEvent | undefined): void {
    this.#alarms.raise({ ...alarm, requestId: event?.readRequestId() });
  }

  #networkOf(client: string): number {
    return this.#hash.ofWords(networkOf(client, this.#places));
  }

  /** For one request, the plugin asks up to three times for the id of the token. So the class caches the last result. */
  #identify(signed: Uint8Array): KeyedId {
    if (this.#lastSigned?.signed !== signed) {
      this.#lastSigned = { signed, id: this.#hash.identify(signed) };
    }
    return this.#lastSigned.id;
  }
}

function readSubject(claims: JsonObject | undefined): JsonValue | undefined {
  const subject = claims?.sub;
  return typeof subject === "string" && subject.length <= MAX_SUBJECT ? subject : undefined;
}

function readLifetime(claims: JsonObject | undefined): number | undefined {
  const [issued, expires] = [roundNumber(claims?.iat), roundNumber(claims?.exp)];
  return issued === undefined || expires === undefined ? undefined : expires - issued;
}

/**
 * Whether a denial is not the subject's fault, because the gateway failed, or because the watch itself refuses the
 * token.
 */
function isOwnFailure(reason: Reason): boolean {
  return denialRow(reason).status >= 500 || reason === "token_refused";
}

function roundPart(part: number): number {
  return Math.round(part * 1_000) / 1_000;
}
