import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type Allow, createAllow, createDeny, type Decision } from "../../../plugin/core/model/decision.ts";
import type { Reason } from "../../../plugin/core/model/denial.ts";
import { DecisionLog } from "../../../plugin/observe/decisions/decision-log.ts";
import type { JudgedEvent } from "../../../plugin/observe/decisions/judged-event.ts";
import type { LineSink } from "../../../plugin/observe/decisions/line-queue.ts";
import type { DecisionLogSettings } from "../../../plugin/observe/decisions/log-settings.ts";

const EVIDENCE = { policy: "payments", rule: "read" };
const allow = (): Allow => createAllow({ headers: {} }, EVIDENCE);
const deny = (reason: Reason = "token_missing"): Decision => createDeny({ reason } as never, EVIDENCE);
const eventOf = (requestId?: string): JudgedEvent => ({
  isReused: false,
  readRequestId: () => requestId,
  readRequest: () => ({ requestLine: undefined, headers: new Map(), requestId }),
});
const SETTINGS: DecisionLogSettings = {
  ...{ to: "stdout", allows: 0, fields: ["request_id", "reason"], claims: [], pseudonymSecret: undefined },
  ...{ rotateSeconds: 60, linesPerSecond: 1_000, queueBytes: 1_000_000 },
};

/** A sink that stores all lines. The test decides how long the sink waits, and when it fails. */
class TestSink implements LineSink {
  text = "";
  failure: string | undefined;
  hold: Promise<void> | undefined;

  async write(text: string): Promise<void> {
    await this.hold;
    if (this.failure !== undefined) {
      throw new Error(this.failure);
    }
    this.text += text;
  }

  writeLast(text: string): void {
    this.text += text;
  }

  reopen(): void {}

  get lines(): readonly Record<string, unknown>[] {
    return this.text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  }
}

let sink: TestSink;
let warnings: string[];
beforeEach(() => {
  sink = new TestSink();
  warnings = [];
  vi.useFakeTimers({ now: 1_000_000 });
  onTestFinished(() => void vi.useRealTimers());
});

function open(changes: Partial<DecisionLogSettings> = {}): DecisionLog {
  const settings = { ...SETTINGS, ...changes };
  return new DecisionLog({ settings, sink, now: Date.now, warn: (line) => void warnings.push(line) });
}

it("writes each denial as one line", async () => {
  const log = open();
  log.note(deny("token_expired"), eventOf("ab"));
  log.note(deny("token_missing"), eventOf("cd"));
  await log.close();
  expect(sink.lines.map(({ request_id, reason }) => [request_id, reason])).toEqual([
    ["ab", "token_expired"],
    ["cd", "token_missing"],
  ]);
  expect(log.status()).toEqual({ lines: 2, dropped: { rate: 0, queue: 0, write: 0, defect: 0 } });
});

describe("allowed requests", () => {
  it.each<[allows: number, logged: number]>([
    [0, 0],
    [0.25, 64],
    [1, 256],
  ])("with a logged part of %s are selected by Kong's request id", async (allows, logged) => {
    const log = open({ allows, linesPerSecond: 100_000 });
    for (let byte = 0; byte < 256; byte += 1) {
      log.note(allow(), eventOf(`${byte.toString(16).padStart(2, "0")}${"0".repeat(30)}`));
    }
    await log.close();
    expect(sink.lines).toHaveLength(logged);
    expect(new Set(sink.lines.map(({ sampled }) => sampled))).toEqual(new Set(logged === 0 ? [] : [allows]));
  });

  it("that report mode let pass are all logged", async () => {
    const log = open();
    log.note(createAllow({ headers: {} }, EVIDENCE, createDeny({ reason: "token_missing" }, EVIDENCE)), eventOf());
    await log.close();
    expect(sink.lines).toMatchObject([{ outcome: "would_deny" }]);
  });

  it("that the guard let pass are only counted, because the server does not know more about them", async () => {
    const log = open();
    log.noteReused(EVIDENCE, 40);
    log.noteReused(EVIDENCE, 2);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(sink.lines).toEqual([
      { decision_log: 1, event: "reused", time: expect.anything(), policy: "payments", rule: "read", requests: 42 },
    ]);
  });
});

describe("a flood", () => {
  it("gets only its number of lines in each second, and the log says how many are missing", async () => {
    const log = open({ linesPerSecond: 10 });
    for (let count = 0; count < 1_000; count += 1) {
      log.note(deny(), eventOf());
    }
    await vi.advanceTimersByTimeAsync(11_000);
    expect(sink.lines).toHaveLength(6);
    expect(sink.lines.at(-1)).toMatchObject({ event: "dropped", lines: 995, causes: { rate: 995, queue: 0 } });
    expect(log.status().dropped.rate).toBe(995);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(sink.lines, "reported once").toHaveLength(6);
  });

  it("never fills the memory while the file is slow", async () => {
    const log = open({ queueBytes: 65_536, linesPerSecond: 100_000 });
    let release = (): void => {};
    sink.hold = new Promise((resolve) => {
      release = resolve;
    });
    for (let count = 0; count < 10_000; count += 1) {
      log.note(deny(), eventOf("ab"));
    }
    const { lines, dropped } = log.status();
    expect(lines + dropped.queue).toBe(10_000);
    expect(lines).toBeLessThan(65_536 / 100);
    release();
    await log.close();
    expect(sink.lines.filter(({ event }) => event === "decision")).toHaveLength(lines);
    expect(sink.lines.at(-1)).toMatchObject({ event: "dropped", causes: { queue: dropped.queue } });
  });
});

describe("a file that cannot be written", () => {
  it("loses its lines, which are counted; the operator's log says so once, and again when writing works", async () => {
    const log = open();
    sink.failure = "ENOSPC";
    log.note(deny(), eventOf());
    await vi.advanceTimersByTimeAsync(1_000);
    log.note(deny(), eventOf());
    await vi.advanceTimersByTimeAsync(1_000);
    sink.failure = undefined;
    log.note(deny(), eventOf());
    await vi.advanceTimersByTimeAsync(20_000);
    expect(warnings).toEqual([
      "the decision log cannot be written, and its lines are dropped: ENOSPC",
      "the decision log can be written again",
    ]);
    expect(sink.lines.filter(({ event }) => event === "decision")).toHaveLength(1);
    expect(sink.lines.filter(({ event }) => event === "dropped")).toMatchObject([{ lines: 2, causes: { write: 2 } }]);
    expect(log.status()).toMatchObject({ dropped: { write: 2 } });
  });

  it("the exit of the process writes all waiting lines", () => {
    const log = open();
    log.note(deny(), eventOf());
    log.writeLast();
    expect(sink.lines).toHaveLength(1);
  });
});

it("a defect costs the line and nothing else: it is counted, and never thrown", async () => {
  const log = open();
  const broken: JudgedEvent = {
    isReused: false,
    readRequestId: () => undefined,
    readRequest: () => {
      throw new Error("a defect of the test");
    },
  };
  log.note(deny(), broken);
  log.note(deny(), eventOf());
  await log.close();
  expect(sink.lines.filter(({ event }) => event === "decision")).toHaveLength(1);
  expect(log.status().dropped.defect).toBe(1);
});
