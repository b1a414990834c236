import { describe, expect, it } from "vitest";
import { NO_KEYS } from "../../../plugin/keys/import/imported-key.ts";
import {
  type Answer,
  isDue,
  NEW_PLACE,
  recordAnswer,
  recordEnd,
  recordFailure,
  recordRestored,
  stateAt,
  validityOf,
} from "../../../plugin/keys/life/place-record.ts";

const NOW = 1_000_000_000;
const MINUTE = 60_000;
const EMPTY: Answer = { set: { ...NO_KEYS, ignored: ["kid 1 is weak"] }, digest: "d", loadedAt: NOW };
const stateOf = (record = NEW_PLACE, now = NOW, hasKeys = true, maxStaleSeconds: number | undefined = 600) =>
  stateAt(now, record, validityOf(record, maxStaleSeconds), hasKeys);

describe("the state of a source of keys", () => {
  const answered = recordAnswer(NEW_PLACE, EMPTY, 60, true);

  it("is waiting until the source answers, after any number of failures", () => {
    expect(stateOf()).toBe("waiting");
    expect(stateOf(recordFailure(NEW_PLACE, "timeout"))).toBe("waiting");
  });

  it("is serving after an answer with keys, to this process or to an earlier process", () => {
    expect(stateOf(answered)).toBe("serving");
    expect(stateOf(recordRestored(NEW_PLACE, EMPTY))).toBe("serving");
  });

  it("stays serving while the source does not answer", () => {
    expect(stateOf(recordFailure(answered, "timeout"))).toBe("serving");
  });

  it("has no keys if the last answer has none", () => {
    expect(stateOf(answered, NOW, false)).toBe("without_keys");
  });

  it("is too old from max_stale on, and not a millisecond earlier", () => {
    expect([599_999, 600_000].map((age) => stateOf(answered, NOW + age))).toEqual(["serving", "too_old"]);
  });

  it("is too old if the clock goes back by more than five minutes", () => {
    expect([5 * MINUTE, 5 * MINUTE + 1].map((back) => stateOf(answered, NOW - back))).toEqual(["serving", "too_old"]);
  });

  it("never becomes too old for a file", () => {
    const validity = validityOf(answered, undefined);
    expect([0, NOW * 1000].map((now) => stateAt(now, answered, validity, true))).toEqual(["serving", "serving"]);
  });
});

describe("the failures of a source of keys", () => {
  const failed = recordFailure(recordFailure(NEW_PLACE, "refused"), "timeout");

  it("add up, and the last one is the reason", () => {
    expect(failed).toMatchObject({ failures: 2, failure: "timeout", lastAttempt: "failed" });
  });

  it("include an answer without keys, which says why each key is not used", () => {
    const failure = "the key set has no usable key; kid 1 is weak";
    expect(recordAnswer(failed, EMPTY, 60, false)).toMatchObject({ failures: 3, failure, lastAttempt: "answered" });
  });

  it("that come from an answer without keys show leaked keys first, and at most twenty reasons", () => {
    const reasonsOf = (kind: string, count: number) => Array.from({ length: count }, (_, index) => `${kind} ${index}`);
    const failureOf = (unused: number) => {
      const set = { ...NO_KEYS, leaked: ["leaked"], ignored: ["ignored"], unused: reasonsOf("unused", unused) };
      return recordAnswer(NEW_PLACE, { ...EMPTY, set }, 60, false).failure;
    };
    const first = "the key set has no usable key; leaked; ignored";
    expect(failureOf(1)).toBe(`${first}; unused 0`);
    expect(failureOf(18)).toBe([first, ...reasonsOf("unused", 18)].join("; "));
    expect(failureOf(19)).toBe(failureOf(18));
  });

  it("end with an answer that has keys", () => {
    expect(recordAnswer(failed, EMPTY, 60, true)).toMatchObject({ failures: 0, failure: undefined });
  });

  it("do not change the last answer", () => {
    const { answer, freshForSeconds } = recordFailure(recordAnswer(NEW_PLACE, EMPTY, 60, true), "timeout");
    expect([answer, freshForSeconds]).toEqual([EMPTY, 60]);
  });
});

describe("the next attempt", () => {
  const ended = recordEnd(NEW_PLACE, NOW, 30_000);

  it("is due at once for a new source, and after the delay for others", () => {
    expect(isDue(NEW_PLACE, NOW)).toBe(true);
    expect([29_999, 30_000].map((later) => isDue(ended, NOW + later))).toEqual([false, true]);
  });

  it("is not delayed by a clock that was set back by more than five minutes", () => {
    expect([5 * MINUTE, 5 * MINUTE + 1].map((back) => isDue(ended, NOW - back))).toEqual([false, true]);
  });
});
