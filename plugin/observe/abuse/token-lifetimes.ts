import { NamedRecords, noteReport } from "./tables/named-records.ts";
import type { SlotKey } from "./tables/slot-table.ts";

export interface TokenLifetimesOptions {
  /**
   * A lifetime is unusual if it is at least this many times as long as the usual maximum lifetime of the issuer's
   * tokens.
   */
  readonly factor: number;
  /**
   * The plugin knows the usual lifetime of an issuer's tokens only after it has seen this many tokens of the issuer.
   */
  readonly afterTokens: number;
  /** For this many milliseconds after a report, the plugin does not report the same issuer again. */
  readonly repeatMs: number;
}

/** A token that is valid much longer than the issuer's other tokens. */
export interface LongLifetime {
  readonly seconds: number;
  /** The usual maximum lifetime. Less than one token in a thousand has a longer lifetime than this. */
  readonly usualSeconds: number;
  readonly isRepeat: boolean;
}

/** The end of each bucket of lifetimes is 1.19 times the end of the previous bucket. */
const BUCKETS_PER_DOUBLING = 4;
const BUCKETS = 128;
/** The usual maximum is chosen so that less than this part of the issuer's tokens has a longer lifetime. */
const RARE = 1 / 1_000;
/**
 * When the counts of an issuer reach this many tokens, the class halves all counts of the issuer. So if the issuer's
 * settings change, the new lifetimes become the usual lifetimes after some time.
 */
const MAX_TOKENS = 100_000;
const MAX_ISSUERS = 500;
const BYTES_PER_ISSUER = 4 * BUCKETS + 400;
/**
 * A filter that remembers recent tokens, so that each token counts only once. If the filter contains this many tokens,
 * it mistakes one in a thousand new tokens for a known token.
 */
const FILTER_BITS = 2 ** 20;
const TOKENS_PER_FILTER = 65_536;

interface Issuer {
  readonly counts: Uint32Array;
  tokens: number;
}

/** Learns which lifetime each issuer's tokens usually have, and finds tokens with a much longer lifetime. */
export class TokenLifetimes {
  readonly #options: TokenLifetimesOptions;
  readonly #issuers = new NamedRecords<Issuer>({
    maxRecords: MAX_ISSUERS,
    bytesPerRecord: BYTES_PER_ISSUER,
    create: () => ({ counts: new Uint32Array(BUCKETS), tokens: 0 }),
  });
  #recent = new Uint32Array(FILTER_BITS / 32);
  #earlier = new Uint32Array(FILTER_BITS / 32);
  #inRecent = 0;

  constructor(options: TokenLifetimesOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#recent.byteLength + this.#earlier.byteLength + this.#issuers.bytes;
  }

  /**
   * @param name the policy's name and the issuer's name, from configuration.
   * @param seconds from `iat` to `exp`.
   * @param nowMs time from a clock that never goes back.
   */
  see(name: string, token: SlotKey, seconds: number, nowMs: number): LongLifetime | undefined {
    const issuer = this.#issuers.find(name, nowMs);
    if (issuer === undefined || !(seconds > 0) || !this.#isNew(token)) {
      return undefined;
    }
    const bucket = bucketOf(seconds);
    const { factor, afterTokens, repeatMs } = this.#options;
    const isUnusual =
      issuer.tokens >= afterTokens && countFrom(issuer, bucketOf(seconds / factor)) < issuer.tokens * RARE;
    const usualSeconds = isUnusual ? findUsual(issuer) : 0;
    add(issuer, bucket);
    if (!isUnusual) {
      return undefined;
    }
    return { seconds: Math.round(seconds), usualSeconds, isRepeat: noteReport(issuer, nowMs, repeatMs) };
  }

  /** Returns whether the token is new, or was last seen long ago. Remembers the token. */
  #isNew({ group, tag }: SlotKey): boolean {
    let isNew = false;
    let isInEarlier = true;
    for (let index = 0; index < 4; index += 1) {
      const bit = (group + Math.imul(index, tag)) & (FILTER_BITS - 1);
      const mask = 1 << (bit & 31);
      const word = this.#recent[bit >>> 5] ?? 0;
      isNew ||= (word & mask) === 0;
      isInEarlier &&= ((this.#earlier[bit >>> 5] ?? 0) & mask) !== 0;
      this.#recent[bit >>> 5] = word | mask;
    }
    if (isNew) {
      this.#inRecent += 1;
      if (this.#inRecent >= TOKENS_PER_FILTER) {
        [this.#recent, this.#earlier] = [this.#earlier.fill(0), this.#recent];
        this.#inRecent = 0;
      }
    }
    return isNew && !isInEarlier;
  }
}

function bucketOf(seconds: number): number {
  return Math.max(0, Math.min(BUCKETS - 1, Math.floor(Math.log2(Math.max(1, seconds)) * BUCKETS_PER_DOUBLING)));
}

function countFrom({ counts }: Issuer, bucket: number): number {
  let count = 0;
  for (let index = bucket; index < BUCKETS; index += 1) {
    count += counts[index] ?? 0;
  }
  return count;
}

/** Finds the first bucket above which there are nearly no tokens, and returns the end of this bucket. */
function findUsual(issuer: Issuer): number {
  let bucket = BUCKETS - 1;
  while (bucket > 0 && countFrom(issuer, bucket) < issuer.tokens * RARE) {
    bucket -= 1;
  }
  return Math.round(2 ** ((bucket + 1) / BUCKETS_PER_DOUBLING));
}

function add(issuer: Issuer, bucket: number): void {
  issuer.counts[bucket] = (issuer.counts[bucket] ?? 0) + 1;
  issuer.tokens += 1;
  if (issuer.tokens >= MAX_TOKENS) {
    issuer.tokens = 0;
    for (let index = 0; index < BUCKETS; index += 1) {
      const half = (issuer.counts[index] ?? 0) >>> 1;
      issuer.counts[index] = half;
      issuer.tokens += half;
    }
  }
}
