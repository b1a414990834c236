import { type Counted, NONE, ONE, sumOf } from "../logs/counted.ts";
import { UNKNOWN, type Verdict } from "./verdict.ts";

/** The change of the decision about a request from the old version to the new version. */
export type ChangeKind = "newly_refused" | "newly_allowed" | "other_reason";

interface Place {
  readonly file: string;
  readonly line: number;
}

/** A group of requests. All these requests have one outcome in the old version, and one outcome in the new version. */
export interface ChangedRequests extends Counted {
  readonly kind: ChangeKind;
  readonly policy: string;
  readonly rule: string;
  readonly before: string;
  readonly after: string;
  /** The first log line of the group. */
  readonly example: Place;
}

/** Lines of the log that the command could not read or judge. The reason is the same for all these lines. */
export interface CountedLines extends Counted {
  readonly why: string;
  readonly example: Place;
}

export interface TallyResult {
  readonly changes: readonly ChangedRequests[];
  readonly unchanged: number;
  readonly isUnchangedEstimate: boolean;
  /**
   * How many lines count for several requests each, because the log contains only a sample of the requests.
   */
  readonly sampled: number;
  readonly unknown: readonly CountedLines[];
  readonly broken: readonly CountedLines[];
}

const ORDER: readonly ChangeKind[] = ["newly_refused", "newly_allowed", "other_reason"];

/**
 * Counts the requests of a log. If the log contains only a sample of the requests, each line counts as several
 * requests. The size of the tally depends on the policies and not on the log.
 */
export class Tally {
  readonly #changes = new Map<string, ChangedRequests>();
  readonly #unknown = new Map<string, CountedLines>();
  readonly #broken = new Map<string, CountedLines>();
  #unchanged = NONE;
  #sampled = 0;

  addUnchanged(counted: Counted): void {
    this.#noteSampled(counted);
    this.#unchanged = sumOf([this.#unchanged, counted]);
  }

  /** @param why the reason, which never contains text of the log. */
  addBroken(why: string, example: Place): void {
    addTo(this.#broken, why, { why, ...ONE, example });
  }

  addUnknown(why: keyof typeof UNKNOWN, counted: Counted, example: Place): void {
    this.#noteSampled(counted);
    addTo(this.#unknown, why, { why: UNKNOWN[why], ...counted, example });
  }

  add(
    policy: string,
    rule: string,
    [before, after]: readonly [Verdict, Verdict],
    counted: Counted,
    example: Place,
  ): void {
    const open = [before, after].find((verdict) => verdict.is === "unknown");
    if (open?.is === "unknown") {
      this.addUnknown(open.why, counted, example);
      return;
    }
    const [was, is] = [describeVerdict(before), describeVerdict(after)];
    if (was === is) {
      this.addUnchanged(counted);
      return;
    }
    this.#noteSampled(counted);
    const kind = passes(before) === passes(after) ? "other_reason" : passes(before) ? "newly_refused" : "newly_allowed";
    const key = JSON.stringify([policy, rule, was, is]);
    addTo(this.#changes, key, { kind, policy, rule, before: was, after: is, ...counted, example });
  }

  #noteSampled({ isEstimate }: Counted): void {
    this.#sampled += isEstimate ? 1 : 0;
  }

  finish(): TallyResult {
    const { requests, isEstimate } = this.#unchanged;
    return {
      changes: sortByCount(this.#changes).sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind)),
      unchanged: Math.round(requests),
      isUnchangedEstimate: isEstimate,
      sampled: this.#sampled,
      unknown: sortByCount(this.#unknown),
      broken: sortByCount(this.#broken),
    };
  }
}

/** Adds an entry to the count of its key. Apart from the count, the first entry stays unchanged. */
function addTo<Entry extends Counted>(entries: Map<string, Entry>, key: string, entry: Entry): void {
  const known = entries.get(key);
  entries.set(key, known ? { ...known, ...sumOf([known, entry]) } : entry);
}

function sortByCount<Entry extends Counted>(entries: ReadonlyMap<string, Entry>): Entry[] {
  return [...entries.values()]
    .sort((a, b) => b.requests - a.requests)
    .map((entry) => ({ ...entry, requests: Math.round(entry.requests) }));
}

function passes(verdict: Verdict): boolean {
  return verdict.is === "allow" || (verdict.is === "deny" && verdict.isReported);
}

function describeVerdict(verdict: Verdict): string {
  switch (verdict.is) {
    case "allow":
      return "allow";
    case "not_routed":
      return "no Route (404)";
    case "deny": {
      const reason = verdict.reason ?? "refused for one of several reasons";
      return verdict.isReported ? `allow (reports ${reason})` : reason;
    }
    case "unknown":
      return "unknown";
  }
}
