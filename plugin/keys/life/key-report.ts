import type { CompiledIssuer, KeyOrigin } from "../../core/model/policy.ts";
import type { Log } from "../../observe/operator-log.ts";
import type { KeysOfPlace } from "../import/combine-keys.ts";
import type { ImportedKey } from "../import/imported-key.ts";
import type { KeySet } from "./key-set.ts";
import type { KeySetState } from "./place-record.ts";

/**
 * The state of the keys from one source, for the status endpoint. The source is a URL, a file, or the policy itself.
 */
export interface KeySetStatus {
  readonly from: KeyOrigin["from"];
  readonly state: KeySetState;
  /** How many of the source's keys are in effect. */
  readonly keys: number;
  /** When the source last answered, in milliseconds since the epoch; undefined if the source has never answered. */
  readonly loadedAt: number | undefined;
  /** Whether an earlier process received the source's last answer. */
  readonly isRestored: boolean;
  /** Attempts to load the keys since the start of the process. */
  readonly loads: { readonly ok: number; readonly failed: number };
  /** Number of consecutive load attempts without a usable key. */
  readonly failures: number;
  /** Why the last attempt to load keys found no usable key; undefined if the last attempt found one. */
  readonly failure: string | undefined;
  /** The reasons why some keys of the last answer are not used. */
  readonly notUsed: readonly string[];
  /** Problems that the operator should solve. */
  readonly warnings: readonly string[];
}

type Lines = readonly (readonly [level: keyof Log, line: string])[];

export const NO_KEYS_IN_EFFECT: KeysOfPlace = { keys: [], dropped: [], hasKeys: false };

const MAX_KID_IN_LOG = 64;
/** Maximum number of reasons that one report shows. One key set may give a hundred reasons. */
const MAX_SHOWN = 20;

/**
 * Reports the state of one source of keys to the operator. The report logs each change once, and gives the current
 * state to the status endpoint.
 */
export class PlaceReport {
  readonly #set: KeySet;
  readonly #prefix: string;
  readonly #log: Log;
  #inEffect = NO_KEYS_IN_EFFECT;
  #lastReport: string | undefined;

  constructor(set: KeySet, { id, issuer }: CompiledIssuer, log: Log) {
    this.#set = set;
    this.#prefix = `issuer=${id} iss=${issuer}`;
    this.#log = log;
  }

  /** Logs only changes of the keys, because most refreshes find the same keys. */
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
    const { origin, state, failures, lastAnswer, loads } = this.#set;
    return {
      from: origin.from,
      state,
      keys: countKeys(this.#inEffect.keys),
      loadedAt: lastAnswer?.loadedAt,
      isRestored: lastAnswer?.isRestored === true,
      loads: { ...loads },
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
        ? (["info", `keys in effect${since}: ${keys.map(describeKey).join(", ")}`] as const)
        : (["warn", `no usable key is left${since}: ${describeMissing(state)}`] as const),
    ];
  }

  /** Describes which keys are in effect while the source does not answer. */
  #describeLastAnswer(): string {
    const { state, lastAnswer } = this.#set;
    if (state === "too_old") {
      return "; the last keys are too old, and tokens signed with these keys get 503";
    }
    const isServing = state === "serving" && lastAnswer?.isRestored === true;
    return isServing
      ? `; keys from the state directory are in effect, fetched ${describeTime(lastAnswer.loadedAt)}`
      : "";
  }
}

function describeMissing(state: KeySetState): string {
  return state === "too_old"
    ? "the last keys are too old, and tokens signed with these keys get 503"
    : "its last answer has no usable key, so the earlier keys are no longer used. Tokens signed with the earlier keys get 503";
}

function describeTime(ms: number): string {
  return new Date(ms).toISOString();
}

function limit(reasons: readonly string[]): readonly string[] {
  const more = reasons.length - MAX_SHOWN;
  return more > 0 ? [...reasons.slice(0, MAX_SHOWN), `and ${more} more`] : reasons;
}

/** If a key's algorithm has two names, the key still counts only once. */
function countKeys(keys: readonly ImportedKey[]): number {
  return new Set(keys.map(({ kid, thumbprint }) => JSON.stringify([kid, thumbprint]))).size;
}

/** Describes a key without kid by a name from its certificate, if the key has a certificate. */
function describeKey({ kid, algorithm, certificateNames: [name] = [] }: ImportedKey): string {
  const [kind, value] = name?.split(" ") ?? [];
  return kid === undefined && value !== undefined
    ? `${algorithm} ${kind} ${JSON.stringify(value.slice(0, MAX_KID_IN_LOG))}`
    : `${algorithm} ${JSON.stringify(kid?.slice(0, MAX_KID_IN_LOG) ?? null)}`;
}
