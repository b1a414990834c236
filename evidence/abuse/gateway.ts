import { type Allow, createAllow, createDeny, type Deny } from "../../plugin/core/model/decision.ts";
import type { Denial, Reason } from "../../plugin/core/model/denial.ts";
import type { AbuseSettings } from "../../plugin/observe/abuse/abuse-settings.ts";
import { AbuseWatch, type SeenToken, type WatchedEvent } from "../../plugin/observe/abuse/abuse-watch.ts";
import { KEY_BYTES } from "../../plugin/observe/abuse/tables/keyed-hash.ts";
import type { Chance } from "./chance.ts";
import type { Timeline } from "./timeline.ts";

/** A token of the simulation. */
export interface Token {
  readonly signed: Uint8Array;
  readonly claims: { readonly sub: string; readonly iat: number; readonly exp: number };
  /** The truth about the token: `normal …`, or the name of the abuse. */
  label: string;
  seen?: SeenToken | undefined;
  /** When the guard of each worker must ask again, by worker and address. */
  guard: Map<string, number>;
}

export interface Alarm {
  readonly kind: string;
  readonly label: string;
  readonly atMs: number;
}

export interface GatewayOptions {
  readonly settings: AbuseSettings;
  readonly timeline: Timeline;
  readonly chance: Chance;
  /** How many of Kong's workers have the guard. With 0, there is no guard, so the plugin server gets each request. */
  readonly guards: number;
  readonly unseenMs: number;
}

const POLICY = "payments";
const ISSUER = "acme";
const EPOCH_MS = 1_800_000_000_000;
export const RULES = ["read", "write", "reports", "search"] as const;

/**
 * Kong's workers with their guards, and the plugin server's watch. Only the watch is real code. The simulation checks
 * no signatures.
 */
export class Gateway {
  readonly alarms: Alarm[] = [];
  readonly watch: AbuseWatch;
  requests = 0;
  /** Requests that the guard answered alone. */
  hits = 0;
  readonly #options: GatewayOptions;
  readonly #allows: readonly Allow[];
  readonly #denies = new Map<string, Deny>();
  readonly #passed = RULES.map(() => 0);

  constructor(options: GatewayOptions) {
    const { settings, timeline, chance, unseenMs } = options;
    this.#options = options;
    this.#allows = RULES.map((rule) => createAllow({ headers: {} }, { policy: POLICY, rule, issuer: ISSUER }));
    this.watch = new AbuseWatch({
      settings,
      now: () => EPOCH_MS + timeline.nowMs,
      monotonicMs: () => timeline.nowMs,
      hashKey: chance.bytes(KEY_BYTES),
      unseenMs,
      warn: (line) => {
        if (!line.startsWith("abuse: ") || line.includes("could not be watched")) {
          throw new Error(line);
        }
      },
      log: (members) =>
        this.alarms.push({
          kind: String(members.kind),
          label: String(members.request_id),
          atMs: timeline.nowMs,
        }),
    });
    this.#reportHits();
  }

  createToken(label: string, sub: string, lifetimeMs: number): Token {
    const iat = Math.floor((EPOCH_MS + this.#options.timeline.nowMs) / 1_000);
    return {
      signed: this.#options.chance.bytes(24),
      claims: { sub, iat, exp: iat + Math.round(lifetimeMs / 1_000) },
      label,
      guard: new Map(),
    };
  }

  isExpired({ claims }: Token): boolean {
    return claims.exp * 1_000 < EPOCH_MS + this.#options.timeline.nowMs;
  }

  /** @param reason why the request is denied; undefined if the request passes. */
  request(token: Token, address: string, rule = 0, reason?: Reason): void {
    this.requests += 1;
    const denied = reason ?? (this.isExpired(token) ? "token_expired" : undefined);
    if (denied !== undefined) {
      this.#deny(token, address, rule, denied);
      return;
    }
    const { chance, guards, unseenMs, timeline } = this.#options;
    const entry = `${chance.random.below(Math.max(1, guards))} ${rule} ${address}`;
    if (guards > 0 && (token.guard.get(entry) ?? 0) > timeline.nowMs) {
      this.hits += 1;
      this.#passed[rule] = (this.#passed[rule] ?? 0) + 1;
      return;
    }
    token.seen ??= this.watch.remember(token);
    const mayReuse = guards > 0 && token.seen !== undefined && !this.watch.isSuspect(token.seen, address);
    this.watch.note(
      this.#allows[rule] ?? this.#allow(),
      eventOf(token, address, { token: token.seen, claims: token.claims }),
    );
    if (mayReuse) {
      token.guard.set(entry, timeline.nowMs + unseenMs);
    }
  }

  /** A request with an unsigned token. */
  forged(label: string, address: string, reason: Reason): void {
    this.requests += 1;
    const token: Token = { signed: new Uint8Array(), claims: { sub: "", iat: 0, exp: 0 }, label, guard: new Map() };
    this.watch.note(this.#denial(reason, 0), eventOf(token, address, {}));
  }

  #deny(token: Token, address: string, rule: number, reason: Reason): void {
    // The claims of an expired token are not valid, so the watch does not watch the token itself.
    const seen = reason === "token_expired" ? { claims: token.claims } : { signed: token.signed, claims: token.claims };
    this.watch.note(this.#denial(reason, rule), eventOf(token, address, seen));
  }

  #allow(): Allow {
    return createAllow({ headers: {} }, { policy: POLICY });
  }

  #denial(reason: Reason, rule: number): Deny {
    const name = `${reason} ${rule}`;
    const evidence = { policy: POLICY, rule: RULES[rule], issuer: reason === "issuer_untrusted" ? undefined : ISSUER };
    const deny = this.#denies.get(name) ?? createDeny({ reason } as Denial, evidence);
    this.#denies.set(name, deny);
    return deny;
  }

  #reportHits(): void {
    for (const [rule, requests] of this.#passed.entries()) {
      if (requests > 0) {
        this.watch.notePassed({ policy: POLICY, rule: RULES[rule] }, requests);
        this.#passed[rule] = 0;
      }
    }
    const { timeline } = this.#options;
    timeline.at(timeline.nowMs + 1_000, () => this.#reportHits());
  }
}

function eventOf(token: Token, address: string, seen: Partial<WatchedEvent>): WatchedEvent {
  const { signed, claims, token: id } = seen;
  return {
    signed,
    claims,
    token: id,
    isReused: false,
    readClient: () => address,
    readRequestId: () => token.label,
    readRequest: () => undefined,
  };
}
