import type { JsonObject } from "../../core/json/json.ts";
import type { Answer, Decision, Evidence } from "../../core/model/decision.ts";
import type { JudgedEvent } from "./judged-event.ts";
import { LineBudget } from "./line-budget.ts";
import { LineQueue, type LineSink } from "./line-queue.ts";
import type { DecisionLogSettings } from "./log-settings.ts";
import { denialOf, outcomeOf } from "./outcome.ts";
import { Pseudonyms } from "./pseudonyms.ts";
import { renderDecision, renderLine } from "./render-line.ts";

/**
 * The reasons why a line is missing from the decision log. `rate`: there were more lines than `lines_per_second`.
 * `queue`: the server made lines faster than it could write them to the file. `write`: the line could not be written to
 * the file. `defect`: the line could not be made because of a defect in the plugin.
 */
const DROP_CAUSES = ["rate", "queue", "write", "defect"] as const;
export type DropCause = (typeof DROP_CAUSES)[number];

export interface DecisionLogStatus {
  readonly lines: number;
  readonly dropped: Readonly<Record<DropCause, number>>;
}

export interface DecisionLogOptions {
  readonly settings: DecisionLogSettings;
  readonly sink: LineSink;
  /** Returns the time in milliseconds since the epoch. */
  readonly now: () => number;
  /** Writes a problem to the operator's log. */
  readonly warn: (line: string) => void;
}

/** The time between two reports of reused verdicts and dropped lines, in milliseconds. */
const REPORT_MS = 10_000;
const ID_DIGITS = 8;
const SUMMARY_KINDS = 1_000;

interface Reused {
  readonly policy: string;
  readonly rule: string | undefined;
  requests: number;
}

/**
 * The decision log has one line of JSON for each denial, and lines for a part of the other requests. A defect in the
 * decision log can lose a line, but never changes a decision.
 */
export class DecisionLog {
  readonly #settings: DecisionLogSettings;
  readonly #options: DecisionLogOptions;
  readonly #budget: LineBudget;
  readonly #pseudonyms: Pseudonyms;
  readonly #queue: LineQueue;
  readonly #timer: NodeJS.Timeout;
  readonly #dropped: Record<DropCause, number> = { rate: 0, queue: 0, write: 0, defect: 0 };
  /** For each cause, how many dropped lines the log has already reported. */
  #reported: Record<DropCause, number> = { ...this.#dropped };
  #reused = new Map<string, Reused>();
  #lines = 0;

  constructor(options: DecisionLogOptions) {
    const { settings, sink, now, warn } = options;
    this.#options = options;
    this.#settings = settings;
    this.#budget = new LineBudget(settings.linesPerSecond, now);
    this.#pseudonyms = new Pseudonyms(settings.pseudonymSecret, settings.rotateSeconds, now);
    this.#queue = new LineQueue({
      sink,
      maxBytes: settings.queueBytes,
      onLost: (lines) => {
        this.#dropped.write += lines;
        this.#lines -= lines;
      },
      onProblem: (problem) =>
        warn(
          problem === undefined
            ? "the decision log can be written again"
            : `the decision log cannot be written, and its lines are dropped: ${problem}`,
        ),
    });
    this.#timer = setInterval(() => this.#report(), REPORT_MS).unref();
  }

  /** Writes a line about one request, if the settings select the request. This method never throws. */
  note(outcome: Decision | Answer, event: JudgedEvent): void {
    try {
      this.#note(outcome, event);
    } catch {
      this.#dropped.defect += 1;
    }
  }

  /**
   * Counts requests that the guard let pass because of an earlier verdict. The plugin server knows nothing else about these
   * requests.
   */
  noteReused({ policy, rule }: Evidence, requests: number): void {
    const kind = JSON.stringify([policy, rule]);
    const known = this.#reused.get(kind);
    if (known) {
      known.requests += requests;
    } else if (this.#reused.size < SUMMARY_KINDS) {
      this.#reused.set(kind, { policy, rule, requests });
    }
  }

  /** Writes an alarm about abuse. The caller limits the number of these lines. */
  noteAbuse(alarm: Readonly<Record<string, unknown>>): void {
    this.#add(renderLine("abuse", this.#options.now(), alarm));
  }

  /**
   * Returns the claims that a line about a reused verdict may need. The cache of verdicts does not store other claims,
   * because they would fill it.
   */
  pickClaims(claims: JsonObject | undefined): JsonObject | undefined {
    const named = this.#settings.claims.map(({ claim }) => claim.path[0] ?? "");
    if (claims === undefined || named.length === 0 || this.#settings.allows === 0) {
      return undefined;
    }
    return Object.fromEntries(Object.entries(claims).filter(([name]) => named.includes(name)));
  }

  status(): DecisionLogStatus {
    return { lines: this.#lines, dropped: { ...this.#dropped } };
  }

  /** Opens the log file again. */
  reopen(): void {
    this.#options.sink.reopen();
  }

  /** Resolves when all waiting lines are written. */
  async flush(): Promise<void> {
    await this.#queue.drain();
  }

  /** Writes the last reports, and all lines that still wait. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush(); // This write makes room in the queue for the last reports.
    this.#report();
    await this.flush();
  }

  /** At the exit of the process, writes the lines that still wait. */
  writeLast(): void {
    this.#queue.writeLast();
  }

  #note(outcome: Decision | Answer, event: JudgedEvent): void {
    const deny = denialOf(outcome);
    const { allows } = this.#settings;
    if (!deny && (allows === 0 || (allows < 1 && !isDrawn(event, allows)))) {
      return;
    }
    const { policy, rule } = outcome.verdict === "answer" ? { policy: "", rule: "" } : outcome.evidence;
    if (!this.#budget.take(`${policy}\n${rule}\n${deny?.denial.reason ?? outcomeOf(outcome)}`)) {
      this.#dropped.rate += 1;
      return;
    }
    const sampled = deny ? undefined : allows;
    const at = { nowMs: this.#options.now(), sampled };
    this.#add(renderDecision(outcome, event, this.#settings, this.#pseudonyms, at));
  }

  #add(line: string): boolean {
    const isAdded = this.#queue.add(line);
    if (isAdded) {
      this.#lines += 1;
    } else {
      this.#dropped.queue += 1;
    }
    return isAdded;
  }

  #report(): void {
    const nowMs = this.#options.now();
    const reused = this.#reused;
    this.#reused = new Map();
    for (const { policy, rule, requests } of reused.values()) {
      this.#add(renderLine("reused", nowMs, { policy, rule, requests }));
    }
    const sinceLast = DROP_CAUSES.map((cause) => [cause, this.#dropped[cause] - this.#reported[cause]] as const);
    const lines = sinceLast.reduce((sum, [, count]) => sum + count, 0);
    if (lines > 0) {
      const reported = { ...this.#dropped };
      if (this.#add(renderLine("dropped", nowMs, { lines, causes: Object.fromEntries(sinceLast) }))) {
        this.#reported = reported;
      }
    }
  }
}

/**
 * Selects requests by their ids. No client can choose the id of its request. All nodes and tools that know the id make
 * the same choice.
 */
function isDrawn(event: JudgedEvent, part: number): boolean {
  const id = event.readRequestId();
  const drawn = id === undefined ? Math.random() : Number.parseInt(id.slice(0, ID_DIGITS), 16) / 16 ** ID_DIGITS;
  return drawn < part;
}
