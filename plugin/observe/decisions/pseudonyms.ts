import { createHash, createHmac, randomBytes } from "node:crypto";

/** A pseudonym has 96 bits. Even among 10^9 values, the probability that two values have the same pseudonym is only 10^-11. */
const PSEUDONYM_BYTES = 12;
const KEY_NAME_LENGTH = 8;

/**
 * A pseudonym that replaces a claim's value in the log, and the name of the key that made the pseudonym. Pseudonyms
 * that different keys made cannot be compared.
 */
export interface Pseudonym {
  readonly hmac: string;
  readonly key: string;
}

interface PeriodKey {
  readonly period: number;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Makes pseudonyms with a key that changes after each period. If the processes share a secret, they all make the same pseudonyms
 * in the same period. Anyone who has the secret can compute the pseudonym of a known user, and look for it in the logs. If there
 * is no secret, the keys are random, and nobody can compute the pseudonyms later.
 */
export class Pseudonyms {
  readonly #secret: Uint8Array | undefined;
  readonly #rotateMs: number;
  readonly #now: () => number;
  #key: PeriodKey | undefined;

  /** @param now milliseconds since the epoch. */
  constructor(secret: Uint8Array | undefined, rotateSeconds: number, now: () => number) {
    this.#secret = secret;
    this.#rotateMs = rotateSeconds * 1_000;
    this.#now = now;
  }

  /**
   * @param claim the claim's name. The pseudonym depends on the name, so the same value in two claims has two pseudonyms.
   * @param value the claim's value as JSON.
   */
  of(claim: string, value: string): Pseudonym {
    const { name, bytes } = this.#currentKey();
    const digest = createHmac("sha256", bytes)
      .update(`${JSON.stringify(claim)}${value}`)
      .digest();
    return { hmac: digest.subarray(0, PSEUDONYM_BYTES).toString("base64url"), key: name };
  }

  #currentKey(): PeriodKey {
    const period = Math.floor(this.#now() / this.#rotateMs);
    if (this.#key?.period !== period) {
      const bytes =
        this.#secret === undefined
          ? randomBytes(32)
          : createHmac("sha256", this.#secret).update(`jwt-policy decision log ${this.#rotateMs} ${period}`).digest();
      const name = createHash("sha256").update(bytes).digest("hex").slice(0, KEY_NAME_LENGTH);
      this.#key = { period, name, bytes };
    }
    return this.#key;
  }
}
