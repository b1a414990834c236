import type { CompiledPolicy } from "../../core/model/policy.ts";
import type { PolicyLoad } from "../../policy/read-policy.ts";

/**
 * The states of one version of a policy:
 *
 * - `newest`: its source has this text now. The text has not been checked yet.
 * - `broken`: it has mistakes. It never judges a request.
 * - `ready`: it has no mistakes and waits for the keys of its issuers.
 * - `in effect`: it judges requests.
 * - `retired`: another version replaced it, or its source was reverted or deleted. It never judges a request again.
 *
 * Reverting to an earlier text creates a new version, because `retired` is final.
 */
export type VersionState = "newest" | "broken" | "ready" | "in effect" | "retired";

const TRANSITIONS: Readonly<Record<VersionState, readonly VersionState[]>> = {
  newest: ["broken", "ready", "in effect", "retired"],
  broken: ["retired"],
  ready: ["in effect", "retired"],
  "in effect": ["retired"],
  retired: [],
};

/** One version of one policy on its way through {@link VersionState}. */
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

  /** Undefined when the version is broken. */
  get policy(): CompiledPolicy | undefined {
    return this.load.ok ? this.load.value : undefined;
  }

  /** Aborted when the version retires. This ends all waits for the version. */
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
