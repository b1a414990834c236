import type { KeyedId } from "./tables/keyed-hash.ts";

/** The plugin refuses at most this many tokens at the same time. Each refused token takes about 200 bytes of memory. */
export const MAX_REFUSED = 5_000;
const BYTES_PER_TOKEN = 200;

/**
 * The tokens that the plugin refuses for a limited time. If there are too many tokens, the class drops the token whose
 * refusal ends first.
 */
export class RefusedTokens {
  readonly #durationMs: number;
  /** Each token is refused for the same length of time, so the refusal of the oldest entry ends first. */
  readonly #until = new Map<string, number>();
  #lastUntil = Number.NEGATIVE_INFINITY;

  /** @param durationMs how long a token is refused. */
  constructor(durationMs: number) {
    this.#durationMs = durationMs;
  }

  get bytes(): number {
    return this.#until.size * BYTES_PER_TOKEN;
  }

  /** Whether any token is refused now. */
  hasAny(nowMs: number): boolean {
    return nowMs < this.#lastUntil;
  }

  /** @param nowMs time from a clock that never goes back. */
  count(nowMs: number): number {
    this.#forgetOld(nowMs);
    return this.#until.size;
  }

  /** @returns true if the token was not refused before this call. */
  refuse(token: KeyedId, nowMs: number): boolean {
    if (this.isRefused(token, nowMs)) {
      return false;
    }
    this.#forgetOld(nowMs);
    const [first] = this.#until.keys();
    if (first !== undefined && this.#until.size >= MAX_REFUSED) {
      this.#until.delete(first);
    }
    this.#lastUntil = nowMs + this.#durationMs;
    this.#until.set(nameOf(token), this.#lastUntil);
    return true;
  }

  isRefused(token: KeyedId, nowMs: number): boolean {
    if (!this.hasAny(nowMs)) {
      return false;
    }
    const name = nameOf(token);
    const until = this.#until.get(name);
    if (until !== undefined && nowMs >= until) {
      this.#until.delete(name);
      return false;
    }
    return until !== undefined;
  }

  #forgetOld(nowMs: number): void {
    for (const [name, until] of this.#until) {
      if (nowMs < until) {
        return;
      }
      this.#until.delete(name);
    }
  }
}

function nameOf({ group, tag, third, fourth }: KeyedId): string {
  return `${group} ${tag} ${third} ${fourth}`;
}
