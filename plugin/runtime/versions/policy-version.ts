import type { CompiledPolicy } from "../../core/model/policy.ts";
import type { PolicyLoad } from "../../policy/read-policy.ts";

/**
 * The states of one version of a policy:
 *
 * - `newest`: the file or the configuration currently has this text. The text has not been checked yet.
 * - `broken`: the text has mistakes. A broken version never judges a request.
 * - `ready`: the text has no mistakes, and the version waits for the keys of its issuers.
 * - `in effect`: the version judges requests.
 * - `retired`: another version has replaced this version, or the author has reverted or deleted the text. A retired
 *   version never judges a request again.
 *
 * A retired version never changes its state. So if an earlier text comes back, the text becomes a new version.
 */
export type VersionState = "newest" | "broken" | "ready" | "in effect" | "retired";

const TRANSITIONS: Readonly<Record<VersionState, readonly VersionState[]>> = {
  newest: ["broken", "ready", "in effect", "retired"],
  broken: ["retired"],
  ready: ["in effect", "retired"],
  "in effect": ["retired"],
  retired: [],
};

/** One version of one policy. It goes through the states of {@link VersionState}. */
export class PolicyVersion {
  readonly load: PolicyLoad;
  readonly #retirement = new AbortController();
  #state: VersionState = "newest";

  constructor(load: PolicyLoad) {
    this.load = load;
    if (!load.ok) {
      this.become("broken");
    }
  }

  get state(): VersionState {
    return this.#state;
  }

  /** The compiled policy; undefined if the version is broken. */
  get policy(): CompiledPolicy | undefined {
    return this.load.ok ? this.load.value : undefined;
  }

  /** This signal aborts when the version retires, and so ends all waits for the version. */
  get retired(): AbortSignal {
    return this.#retirement.signal;
  }

  /** @throws Error if the current state has no transition to `next`. */
  become(next: Exclude<VersionState, "newest">): void {
    if (!TRANSITIONS[this.#state].includes(next)) {
      throw new Error(`a version that is ${this.#state} cannot become ${next}`);
    }
    this.#state = next;
    if (next === "retired") {
      this.#retirement.abort();
    }
  }

  /** Retires the version, unless it is already retired. */
  retire(): void {
    if (this.#state !== "retired") {
      this.become("retired");
    }
  }
}
