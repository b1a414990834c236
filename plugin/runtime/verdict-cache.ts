import { BoundedMap } from "../bounded/bounded-map.ts";
import type { Allow, Evidence, Trace } from "../core/model/decision.ts";
import type { CompiledPolicy, Mode } from "../core/model/policy.ts";
import type { SeenToken } from "../observe/abuse/abuse-watch.ts";
import type { Generation } from "./generation.ts";

/** An Allow that may be reused. */
export interface KeptVerdict {
  readonly allow: Allow;
  /** The verdict is reused between these times, in milliseconds since the epoch. The bounds themselves are not part of the span. */
  readonly afterMs: number;
  readonly beforeMs: number;
  /** What the decision log and the metrics show of each reuse. */
  readonly trace: Trace;
  /** The request's token, if abuse is watched. */
  readonly token?: SeenToken | undefined;
  /** The number of the tally that counts reuses for this verdict's rule. */
  readonly tally: number;
  /** Is called each time the verdict is reused. */
  readonly onReuse: () => void;
}

/** How often the guard reused verdicts of one tally. */
export interface GuardHits {
  readonly tally: number;
  readonly hits: number;
}

export interface VerdictCacheStatus {
  readonly generation: number;
  readonly entries: number;
  readonly bytes: number;
  readonly hits: number;
  /** Requests that had to be judged. */
  readonly misses: number;
  /** Requests that the guard answered without the plugin server. Only requests that the guard has reported are counted. */
  readonly guardHits: number;
}

export interface VerdictCacheOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly generation: Generation;
  /** Whether the guard may reuse verdicts as well. */
  readonly isForGuard: boolean;
  /** What the detection of abuse changes. */
  readonly watch?: WatchedReuse | undefined;
  /** Receives requests that the guard let pass by a reused verdict. */
  readonly countGuardHits: (reused: ReusedKind, requests: number) => void;
}

/** How verdicts are reused while shared tokens are watched. */
interface WatchedReuse {
  /** Whether the guard must ask again for each address of a client. */
  readonly countsClients: boolean;
  /** Whether the token is refused at the moment. */
  readonly isRefusedToken: (token: SeenToken) => boolean;
  /** Whether the guard must ask the plugin server about each request with this token. */
  readonly isSuspect: (token: SeenToken, client: string) => boolean;
}

/** Verdicts that one rule gave in one mode. */
export interface ReusedKind {
  readonly evidence: Evidence;
  readonly mode: Mode | undefined;
}

/** After this time a request is judged again, so that policies and keys in use never count as idle. */
const MAX_REUSE_MS = 60_000;
/**
 * The same time while shared tokens are watched. Until a verdict ends, the plugin server does not see requests of the token's first
 * user, so it finds a second user later.
 */
export const WATCHED_REUSE_MS = 10_000;
const MAX_ENTRIES = 20_000;
const MAX_BYTES = 32 * 1024 * 1024;
/** An Allow with a few headers and its encoded frames. A measurement found 2,400 bytes in addition to the key. */
const BYTES_PER_ENTRY = 2_500;
/** Names come only from configuration, but configuration can change while the process runs. */
const MAX_TALLIES = 10_000;

/**
 * Remembers verdicts of the current generation by everything that they can depend on. docs/adr/0040-verdict-cache.md lists what
 * must never be reused.
 */
export class VerdictCache {
  readonly generation: Generation;
  readonly isForGuard: boolean;
  readonly #options: VerdictCacheOptions;
  readonly #maxReuseMs: number;
  #entries = createEntries();
  readonly #policies = new WeakMap<CompiledPolicy, number>();
  #lastPolicy = 0;
  readonly #tallies: ReusedKind[] = [];
  readonly #tallyOf = new Map<string, number>();
  #hits = 0;
  #misses = 0;
  #guardHits = 0;

  constructor(options: VerdictCacheOptions) {
    this.#options = options;
    this.generation = options.generation;
    this.isForGuard = options.isForGuard;
    this.#maxReuseMs = options.watch?.countsClients ? WATCHED_REUSE_MS : MAX_REUSE_MS;
    options.generation.onBegin(() => {
      this.#entries = createEntries();
    });
  }

  /** A number that no other compiled policy of this process has. */
  numberOf(policy: CompiledPolicy): number {
    const known = this.#policies.get(policy);
    if (known !== undefined) {
      return known;
    }
    this.#lastPolicy += 1;
    this.#policies.set(policy, this.#lastPolicy);
    return this.#lastPolicy;
  }

  /** @param key undefined if the request must be judged in any case. */
  recall(key: string | undefined): KeptVerdict | undefined {
    const kept = key === undefined ? undefined : this.#entries.get(key);
    const nowMs = this.#options.now();
    if (!kept || nowMs <= kept.afterMs || nowMs >= kept.beforeMs || this.#isRefused(kept)) {
      this.#misses += 1;
      return undefined;
    }
    this.#hits += 1;
    kept.onReuse();
    return kept;
  }

  /**
   * @param sinceCount the generation's count before policy, keys and facts were read.
   * @returns undefined if the Allow must not be reused.
   */
  keep(
    key: string,
    allow: Allow,
    sinceCount: number,
    { trace, token, onReuse }: Pick<KeptVerdict, "trace" | "token" | "onReuse">,
  ): KeptVerdict | undefined {
    const { validity, evidence } = allow;
    if (validity === undefined || sinceCount !== this.generation.count) {
      return undefined;
    }
    const tally = this.#findTally(evidence, trace.mode);
    if (tally === undefined) {
      return undefined;
    }
    const nowMs = this.#options.now();
    const kept: KeptVerdict = {
      allow,
      afterMs: Math.max(validity.after * 1_000, nowMs - 1), // A clock that was set back makes every entry unusable.
      beforeMs: Math.min(validity.before * 1_000, nowMs + this.#maxReuseMs),
      trace,
      token,
      tally,
      onReuse,
    };
    this.#entries.set(key, kept);
    return kept;
  }

  /** Whether the guard must tell requests of different clients apart. */
  get countsClients(): boolean {
    return this.#options.watch?.countsClients === true;
  }

  /**
   * Whether the guard may reuse this verdict for further requests of this client.
   *
   * @param mark how the guard compares requests.
   */
  isForGuardOf(
    kept: KeptVerdict | undefined,
    client: string | undefined,
    mark: { readonly countsClients: boolean },
  ): boolean {
    const { watch, isForGuard } = this.#options;
    const token = kept?.token;
    if (!isForGuard || watch?.countsClients !== true || token === undefined) {
      return isForGuard;
    }
    return mark.countsClients && client !== undefined && !watch.isSuspect(token, client);
  }

  /** The guard reused verdicts. Hits of another process's verdicts are not counted here. */
  addGuardHits(process: string, reported: readonly GuardHits[]): void {
    if (process !== this.generation.process) {
      return;
    }
    for (const { tally, hits } of reported) {
      const kind = this.#tallies[tally];
      if (kind) {
        this.#guardHits += hits;
        this.#options.countGuardHits(kind, hits);
      }
    }
  }

  status(): VerdictCacheStatus {
    return {
      generation: this.generation.count,
      entries: this.#entries.count,
      bytes: this.#entries.size,
      hits: this.#hits,
      misses: this.#misses,
      guardHits: this.#guardHits,
    };
  }

  #isRefused({ token }: KeptVerdict): boolean {
    return token !== undefined && this.#options.watch?.isRefusedToken(token) === true;
  }

  #findTally({ policy, rule }: Evidence, mode: Mode | undefined): number | undefined {
    const name = JSON.stringify([policy, rule, mode]);
    const known = this.#tallyOf.get(name);
    if (known !== undefined || this.#tallies.length >= MAX_TALLIES) {
      return known;
    }
    this.#tallies.push({ evidence: { policy, ...(rule !== undefined && { rule }) }, mode });
    this.#tallyOf.set(name, this.#tallies.length - 1);
    return this.#tallies.length - 1;
  }
}

function createEntries(): BoundedMap<string, KeptVerdict> {
  return new BoundedMap({
    maxEntries: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    sizeOf: (key) => key.length + BYTES_PER_ENTRY,
  });
}
