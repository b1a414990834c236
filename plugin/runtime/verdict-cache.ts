import { BoundedMap } from "../bounded/bounded-map.ts";
import { copyText } from "../bounded/copy-text.ts";
import type { Allow, Evidence, Trace } from "../core/model/decision.ts";
import type { CompiledPolicy, Mode } from "../core/model/policy.ts";
import type { SeenToken } from "../observe/abuse/abuse-watch.ts";
import type { Generation } from "./generation.ts";

/** An Allow that the plugin may reuse. */
export interface KeptVerdict {
  readonly allow: Allow;
  /**
   * The verdict may be reused after `afterMs` and before `beforeMs`, both in milliseconds since the epoch.
   */
  readonly afterMs: number;
  readonly beforeMs: number;
  /** The data that the decision log and the metrics show about each reuse. */
  readonly trace: Trace;
  /** The request's token, if abuse is watched. */
  readonly token?: SeenToken | undefined;
  /** The index of the counter for reused verdicts of the same rule. */
  readonly tally: number;
  /** Called each time the verdict is reused. */
  readonly onReuse: () => void;
  /** The text that the guard needs to reuse the verdict; undefined until the guard first needs it. */
  recipe?: string;
}

/**
 * All facts on which an Allow of one policy can depend. The `Authorization` header is separate, because it is long. The
 * cache finds an entry by the last characters of this header, which are the end of a token's signature. The cache then
 * compares the whole header.
 */
export interface VerdictKey {
  readonly authorization: string;
  /** The other facts, as text. */
  readonly rest: string;
}

/** How often the guard reused verdicts that one counter counts. */
export interface GuardHits {
  readonly tally: number;
  readonly hits: number;
}

export interface VerdictCacheStatus {
  readonly generation: number;
  readonly entries: number;
  readonly bytes: number;
  readonly hits: number;
  /** How many requests had to be judged. */
  readonly misses: number;
  /**
   * How many requests the guard answered without the plugin server. Only requests that the guard has already reported
   * are counted.
   */
  readonly guardHits: number;
}

export interface VerdictCacheOptions {
  /** Returns the time in milliseconds since the epoch. */
  readonly now: () => number;
  readonly generation: Generation;
  /** Whether the guard may also reuse verdicts. */
  readonly isForGuard: boolean;
  /** How the detection of abuse changes the reuse of verdicts. */
  readonly watch?: WatchedReuse | undefined;
  /** Receives how many requests the guard let pass with a reused verdict. */
  readonly countGuardHits: (reused: ReusedKind, requests: number) => void;
}

/** How verdicts are reused while the plugin watches for shared tokens. */
interface WatchedReuse {
  /** Whether the guard may reuse a verdict only for the client address for which it got the verdict. */
  readonly countsClients: boolean;
  /** Whether the plugin refuses the token at the moment. */
  readonly isRefusedToken: (token: SeenToken) => boolean;
  /** Whether the guard must ask the plugin server about each request with this token. */
  readonly isSuspect: (token: SeenToken, client: string) => boolean;
}

/** One counter counts the reused verdicts that have this rule and this mode. */
export interface ReusedKind {
  readonly evidence: Evidence;
  readonly mode: Mode | undefined;
}

/**
 * A verdict is reused for at most this many milliseconds. The plugin then judges the request again, and so uses the
 * policy and the keys. So the policy and the keys never count as idle while requests need them.
 */
const MAX_REUSE_MS = 60_000;
/**
 * The maximum time of reuse while the plugin watches for shared tokens, in milliseconds. While the guard reuses a
 * verdict, the plugin server does not see the requests of the token's first user. So the longer verdicts are reused,
 * the later the plugin server notices a second user.
 */
export const WATCHED_REUSE_MS = 10_000;
const MAX_ENTRIES = 20_000;
const MAX_BYTES = 32 * 1024 * 1024;
/**
 * The assumed size of one entry in bytes. An entry consists of an Allow with a few headers, and of the encoded frames
 * of this Allow. In measurements, an entry takes 2,400 bytes without its key.
 */
const BYTES_PER_ENTRY = 2_500;
/**
 * The last 256 bits of a signature have this many characters. These bits differ between any two tokens, and hashing
 * them is quick.
 */
const END_LENGTH = 43;
/**
 * Maximum number of counters. The names of counters come only from configuration. But configuration can change while
 * the process runs, so the counters need a limit.
 */
const MAX_TALLIES = 10_000;

interface Entry {
  readonly authorization: string;
  readonly kept: KeptVerdict;
}

/**
 * Stores verdicts of the current generation. The key of a verdict contains all facts that the verdict can depend on.
 * docs/adr/0040-verdict-cache.md lists what must never be reused.
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

  /** @param key the request's key; undefined if the plugin must not reuse a verdict for the request. */
  recall(policy: CompiledPolicy, key: VerdictKey | undefined): KeptVerdict | undefined {
    const kept = key && this.#find(policy, key);
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
   * @param sinceCount the count of the generation at the time before the policy, the keys and the facts were read.
   * @returns the stored verdict; undefined if the plugin must not reuse the Allow.
   */
  keep(
    policy: CompiledPolicy,
    key: VerdictKey,
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
      afterMs: Math.max(validity.after * 1_000, nowMs - 1), // If the clock was set back, no entry is usable.
      beforeMs: Math.min(validity.before * 1_000, nowMs + this.#maxReuseMs),
      trace,
      token,
      tally,
      onReuse,
    };
    this.#entries.set(this.#nameEntry(policy, key), { authorization: copyText(key.authorization), kept });
    return kept;
  }

  /** Whether the guard must distinguish requests by their client's address. */
  get countsClients(): boolean {
    return this.#options.watch?.countsClients === true;
  }

  /**
   * Whether the guard may reuse this verdict for later requests of the same client.
   *
   * @param mark whether the guard can distinguish client addresses.
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

  /** Counts verdicts that the guard reused. Reused verdicts of another process are not counted here. */
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

  #find(policy: CompiledPolicy, key: VerdictKey): KeptVerdict | undefined {
    const entry = this.#entries.get(this.#nameEntry(policy, key));
    return entry?.authorization === key.authorization ? entry.kept : undefined;
  }

  /** Returns the entry's key in the map. The map hashes the whole key, so the key contains only the end of a token. */
  #nameEntry(policy: CompiledPolicy, { authorization, rest }: VerdictKey): string {
    return `${this.#numberOf(policy)} ${rest}\n${authorization.slice(-END_LENGTH)}`;
  }

  /** Returns a number that no other compiled policy of this process has. */
  #numberOf(policy: CompiledPolicy): number {
    const known = this.#policies.get(policy);
    if (known !== undefined) {
      return known;
    }
    this.#lastPolicy += 1;
    this.#policies.set(policy, this.#lastPolicy);
    return this.#lastPolicy;
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

function createEntries(): BoundedMap<string, Entry> {
  return new BoundedMap({
    maxEntries: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    sizeOf: (name, { authorization }) => name.length + authorization.length + BYTES_PER_ENTRY,
  });
}
