import { type NamedRecord, NamedRecords, noteReport } from "./tables/named-records.ts";

export interface DenialRatesOptions {
  /**
   * A change counts as sudden only if the denied part of the requests rises or falls by at least this much. Such a part
   * is a number from 0 to 1.
   */
  readonly change: number;
  /** The smallest number of requests from which the plugin computes the denied part. */
  readonly requests: number;
  /** For this many milliseconds after a report, the plugin does not report the same rule again. */
  readonly repeatMs: number;
}

/** A rule whose requests are suddenly denied much more often, or much less often. */
export interface DenialRateChange {
  /** Which part of the rule's requests is denied now, from 0 to 1. */
  readonly part: number;
  readonly usual: number;
  readonly requests: number;
  readonly isRepeat: boolean;
}

interface Rule {
  windowStart: number;
  requests: number;
  denials: number;
  /** Mean and variance of the denied part of the requests. */
  usual: number;
  variance: number;
  windows: number;
}

const WINDOW_MS = 20_000;
/** The detector reports changes of a rule only after this many windows. For a busy rule, this takes five minutes. */
const LEARNING_WINDOWS = 15;
/**
 * The usual part is a moving average, and each new window has this weight in the average. With this weight, the average
 * follows a change within about ten minutes.
 */
const LEARNING = 1 / 30;
/**
 * A change counts as sudden only if the denied part differs from the usual part by at least this many standard
 * deviations.
 */
const DEVIATIONS = 6;
const MAX_RULES = 2_000;
const BYTES_PER_RULE = 400;

/** For each rule, learns which part of its requests is usually denied, and finds sudden changes of this part. */
export class DenialRates {
  readonly #options: DenialRatesOptions;
  readonly #rules = new NamedRecords<Rule>({
    maxRecords: MAX_RULES,
    bytesPerRecord: BYTES_PER_RULE,
    create: (windowStart) => ({ windowStart, requests: 0, denials: 0, usual: 0, variance: 0, windows: 0 }),
  });

  constructor(options: DenialRatesOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#rules.bytes;
  }

  /**
   * Counts one request of a rule. If the request is the first one after the end of a window, the detector evaluates the
   * window that has ended.
   *
   * @param name the policy's name and the rule's name, from configuration.
   * @param nowMs time from a clock that never goes back.
   */
  see(
    name: string,
    counts: { readonly requests: number; readonly denials: number },
    nowMs: number,
  ): DenialRateChange | undefined {
    const rule = this.#rules.find(name, nowMs);
    if (rule === undefined) {
      return undefined;
    }
    const isComplete = nowMs - rule.windowStart >= WINDOW_MS && rule.requests >= this.#options.requests;
    const change = isComplete ? this.#close(rule, nowMs) : undefined;
    rule.requests += counts.requests;
    rule.denials += counts.denials;
    return change;
  }

  #close(rule: Rule & NamedRecord, nowMs: number): DenialRateChange | undefined {
    const { requests, denials, usual, variance, windows } = rule;
    const part = denials / requests;
    const noise = Math.sqrt(variance + (usual * (1 - usual)) / requests);
    const difference = Math.abs(part - usual);
    const weight = Math.max(LEARNING, 1 / (windows + 1));
    Object.assign(rule, {
      windowStart: nowMs,
      requests: 0,
      denials: 0,
      usual: usual + (part - usual) * weight,
      variance: (1 - weight) * (variance + weight * (part - usual) ** 2),
      windows: windows + 1,
    });
    if (windows < LEARNING_WINDOWS || difference < this.#options.change || difference < DEVIATIONS * noise) {
      return undefined;
    }
    return { part, usual, requests, isRepeat: noteReport(rule, nowMs, this.#options.repeatMs) };
  }
}
