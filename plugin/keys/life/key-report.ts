import type { CompiledIssuer, KeyOrigin } from "../../core/model/policy.ts";
import type { Log } from "../../observe/operator-log.ts";
import type { KeysOfPlace } from "../import/combine-keys.ts";
import type { ImportedKey } from "../import/imported-key.ts";
import type { KeySet } from "./key-set.ts";
import type { KeySetState } from "./place-record.ts";

/** The state of the keys from one place, for the status endpoint. */
export interface KeySetStatus {
  readonly from: KeyOrigin["from"];
  readonly state: KeySetState;
  /** How many keys are in effect. */
  readonly keys: number;
  /** Time of the place's last answer, in milliseconds since the epoch; undefined if the place has not answered. */
  readonly loadedAt: number | undefined;
  /** Whether an earlier process received that answer. */
  readonly isRestored: boolean;
  /** Number of consecutive attempts without a usable key. */
  readonly failures: number;
  /** Why the last attempt brought no usable key; undefined if it did. */
  readonly failure: string | undefined;
  /** Why keys of the last answer are not used. */
  readonly notUsed: readonly string[];
  /** Tasks for the operator. */
  readonly warnings: readonly string[];
}

type Lines = readonly (readonly [level: keyof Log, line: string])[];

export const NO_KEYS_IN_EFFECT: KeysOfPlace = { keys: [], dropped: [], hasKeys: false };

const MAX_KID_IN_LOG = 64;
/** Maximum number of reasons shown. A key set may give a hundred reasons. */
const MAX_SHOWN = 20;

/** Reports one place of keys to the operator. It logs each change once, and gives the current state to the status endpoint. */
export class PlaceReport {
  readonly #set: KeySet;
  readonly #prefix: string;
  readonly #log: Log;
  #inEffect = NO_KEYS_IN_EFFECT;
  #lastReport = "";

  constructor(set: KeySet, { id, issuer }: CompiledIssuer, log: Log) {
    this.#set = set;
    this.#prefix = `issuer=${id} iss=${issuer}`;
    this.#log = log;
  }

  /** Logs only changes, because most refreshes find the same keys. */
  update(inEffect: KeysOfPlace): void {
    this.#inEffect = inEffect;
    const lines = this.#describe();
    const text = lines.join("\n");
    if (lines.length > 0 && text !== this.#lastReport) {
      this.#lastReport = text;
      for (const [level, line] of lines) {
        this.#log[level](`${this.#prefix} ${line}`);
      }
    }
  }

  status(): KeySetStatus {
    const { origin, state, failures, lastAnswer } = this.#set;
    return {
      from: origin.from,
      state,
      keys: this.#inEffect.keys.length,
      loadedAt: lastAnswer?.loadedAt,
      isRestored: lastAnswer?.isRestored === true,
      failures: failures.count,
      failure: failures.reason,
      notUsed: limit(this.#notUsed()),
      warnings: limit([...(lastAnswer?.leaked ?? []), ...(lastAnswer?.notes ?? [])]),
    };
  }

  #notUsed(): readonly string[] {
    const { lastAnswer } = this.#set;
    return [...(lastAnswer?.ignored ?? []), ...(lastAnswer?.unused ?? []), ...this.#inEffect.dropped];
  }

  #describe(): Lines {
    const { state, failures, lastAttempt, lastAnswer } = this.#set;
    if (lastAttempt === "failed") {
      return [["warn", `keys not loaded: ${failures.reason}${this.#describeLastAnswer()}`]];
    }
    if (!lastAnswer) {
      return [];
    }
    const notUsed = limit(this.#notUsed());
    const { keys, hasKeys } = this.#inEffect;
    const since = lastAnswer.isRestored
      ? ` from the state directory, fetched ${describeTime(lastAnswer.loadedAt)}`
      : "";
    return [
      ...limit(lastAnswer.leaked).map((reason) => ["warn", reason] as const),
      ...limit(lastAnswer.notes).map((note) => ["warn", note] as const),
      ...(notUsed.length > 0 ? [["warn", `keys not used: ${notUsed.join("; ")}`] as const] : []),
      hasKeys
        ? (["info", `keys in force${since}: ${keys.map(describeKey).join(", ")}`] as const)
        : (["warn", `no usable key is left${since}: ${describeMissing(state)}`] as const),
    ];
  }

  /** Describes which keys are in effect while the place does not answer. */
  #describeLastAnswer(): string {
    const { state, lastAnswer } = this.#set;
    if (state === "too_old") {
      return "; the last ones are too old, and their tokens get 503";
    }
    const isServing = state === "serving" && lastAnswer?.isRestored === true;
    return isServing ? `; those from the state directory serve, fetched ${describeTime(lastAnswer.loadedAt)}` : "";
  }
}

function describeMissing(state: KeySetState): string {
  return state === "too_old"
    ? "the last ones are too old, and their tokens get 503"
    : "the place has answered so, earlier keys ended with this answer, and their tokens get 503";
}

function describeTime(ms: number): string {
  return new Date(ms).toISOString();
}

function limit(reasons: readonly string[]): readonly string[] {
  const more = reasons.length - MAX_SHOWN;
  return more > 0 ? [...reasons.slice(0, MAX_SHOWN), `and ${more} more`] : reasons;
}

function describeKey({ kid, algorithm }: ImportedKey): string {
  return `${algorithm} ${JSON.stringify(kid?.slice(0, MAX_KID_IN_LOG) ?? null)}`;
}
