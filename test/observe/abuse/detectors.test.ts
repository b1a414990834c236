import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DenialRates } from "../../../plugin/observe/abuse/denial-rates.ts";
import { FailingSubjects } from "../../../plugin/observe/abuse/failing-subjects.ts";
import { MAX_REFUSED, RefusedTokens } from "../../../plugin/observe/abuse/refused-tokens.ts";
import { TokenLifetimes } from "../../../plugin/observe/abuse/token-lifetimes.ts";
import { UnknownKeys } from "../../../plugin/observe/abuse/unknown-keys.ts";

const REPEAT = { repeatMs: 600_000 };
const key = (number: number) => ({ group: Math.imul(number, 0x9e3779b1), tag: number + 1 });

describe("failing subjects", () => {
  /** The millisecond of the first finding. */
  const fail = (everyMs: number, forMs: number): number | undefined => {
    const subjects = new FailingSubjects({ perMinute: 300, ...REPEAT });
    for (let nowMs = 0; nowMs < forMs; nowMs += everyMs) {
      if (subjects.see(key(1), nowMs)) {
        return nowMs;
      }
    }
    return undefined;
  };

  it.each<[everyMs: number, foundAtMs: number | undefined]>([
    [100, 29_900],
    [190, 56_810],
    [210, undefined],
    [1_000, undefined],
  ])("that fail every %i ms are found after %s ms", (everyMs, foundAtMs) => {
    expect(fail(everyMs, 600_000)).toBe(foundAtMs);
  });

  it("are reported again after the time of repetition", () => {
    const subjects = new FailingSubjects({ perMinute: 10, ...REPEAT });
    const found: number[] = [];
    for (let nowMs = 0; nowMs < 1_300_000; nowMs += 1_000) {
      if (subjects.see(key(1), nowMs)?.isRepeat === false) {
        found.push(nowMs);
      }
    }
    expect(found).toEqual([9_000, 609_000, 1_209_000]);
  });

  it("are never counted more often than they failed in the last two minutes, whatever other subjects do", () => {
    const denial = fc.record({
      subject: fc.integer({ min: 0, max: 100_000 }),
      afterMs: fc.integer({ min: 0, max: 900 }),
    });
    fc.assert(
      fc.property(fc.array(denial, { maxLength: 400 }), (denials) => {
        const subjects = new FailingSubjects({ perMinute: 1, ...REPEAT });
        const times = new Map<number, number[]>();
        let nowMs = 0;
        for (const { subject, afterMs } of denials) {
          nowMs += afterMs;
          const own = times.get(subject % 7) ?? [];
          times.set(subject % 7, [...own, nowMs]);
          const recent = [...own, nowMs].filter((atMs) => nowMs - atMs <= 120_000).length;
          expect(subjects.see(key(subject % 7), nowMs)?.denials).toBeLessThanOrEqual(recent);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("unknown keys", () => {
  const count = (keys: UnknownKeys, perMinute: number, fromMinute: number, toMinute: number): number => {
    let alarms = 0;
    for (let index = fromMinute * perMinute; index < toMinute * perMinute; index += 1) {
      const found = keys.see("payments\nkey_not_found", (index * 60_000) / perMinute);
      alarms += found && !found.isRepeat ? 1 : 0;
    }
    return alarms;
  };

  it("that come all the time are not a spike, and many more are a spike", () => {
    const keys = new UnknownKeys({ perMinute: 100, factor: 10, ...REPEAT });
    expect(count(keys, 50, 0, 120)).toBe(0);
    expect(count(keys, 400, 120, 121)).toBe(0);
    expect(count(keys, 800, 121, 122)).toBe(1);
  });

  it("become usual after some time", () => {
    const keys = new UnknownKeys({ perMinute: 100, factor: 10, ...REPEAT });
    expect(count(keys, 200, 0, 9)).toBe(1);
    expect(count(keys, 200, 20, 200)).toBe(0);
  });

  it("of a quiet hour are forgotten", () => {
    const keys = new UnknownKeys({ perMinute: 100, factor: 10, ...REPEAT });
    count(keys, 500, 0, 120);
    expect(count(keys, 150, 600, 601)).toBe(1);
  });
});

describe("lifetimes", () => {
  const learn = (lifetimes: TokenLifetimes, count: number, secondsOf: (index: number) => number): number => {
    let alarms = 0;
    for (let index = 0; index < count; index += 1) {
      alarms += lifetimes.see("payments\nacme", key(index), secondsOf(index), index) ? 1 : 0;
    }
    return alarms;
  };

  it("that only one token has are reported, with the usual lifetime", () => {
    const lifetimes = new TokenLifetimes({ factor: 2, afterTokens: 1_000, ...REPEAT });
    expect(learn(lifetimes, 2_000, () => 900)).toBe(0);
    expect(lifetimes.see("payments\nacme", key(5_000), 3_600, 0)).toEqual({
      seconds: 3_600,
      usualSeconds: 1_024,
      isRepeat: false,
    });
    expect(lifetimes.see("payments\nacme", key(5_001), 3_600, 1)).toHaveProperty("isRepeat", true);
    expect(lifetimes.see("payments\npartner", key(5_002), 3_600, 2)).toBeUndefined();
  });

  it.each<[what: string, secondsOf: (index: number) => number]>([
    ["one of a hundred tokens has", (index) => (index % 100 === 0 ? 86_400 : 900)],
    ["are nearly as usual", (index) => 900 + (index % 800)],
    ["come before the plugin knows the usual number", (index) => (index === 900 ? 86_400 : 900)],
  ])("that %s are not reported", (_, secondsOf) => {
    const lifetimes = new TokenLifetimes({ factor: 2, afterTokens: 1_000, ...REPEAT });
    expect(learn(lifetimes, 3_000, secondsOf)).toBe(0);
  });

  it("count once for each token, and a text does not count as a lifetime", () => {
    const lifetimes = new TokenLifetimes({ factor: 2, afterTokens: 1_000, ...REPEAT });
    for (let request = 0; request < 2_000; request += 1) {
      lifetimes.see("payments\nacme", key(1), 900, request);
    }
    expect(lifetimes.see("payments\nacme", key(2), 1e6, 0)).toBeUndefined();
    expect(lifetimes.see("payments\nacme", key(3), Number.NaN, 0)).toBeUndefined();
    expect(lifetimes.see("payments\nacme", key(4), Number.POSITIVE_INFINITY, 0)).toBeUndefined();
  });
});

describe("denial rates", () => {
  /** Minutes with 600 requests each. The plugin denies a part of these requests. Returns the minutes with a finding. */
  const play = (parts: readonly number[]): readonly number[] => {
    const rates = new DenialRates({ change: 0.3, requests: 100, ...REPEAT });
    return parts.flatMap((part, minute) => {
      let found = false;
      for (let request = 0; request < 600; request += 1) {
        const denials = request % 100 < part * 100 ? 1 : 0;
        found =
          rates.see("payments\nread", { requests: 1, denials }, minute * 60_000 + request * 100) !== undefined || found;
      }
      return found ? [minute] : [];
    });
  };

  it.each<[what: string, parts: readonly number[], minutes: readonly number[]]>([
    ["stay the same", Array(30).fill(0.1), []],
    ["rise", [...Array(20).fill(0.02), 0.5, 0.5], [20]],
    ["fall", [...Array(20).fill(0.9), 0.9, 0.1, 0.1], [21]],
    ["rise a little", [...Array(20).fill(0.02), 0.2], []],
    ["vary all the time", Array.from({ length: 40 }, (_, minute) => (minute % 3) / 3), []],
    ["rise while the plugin learns", [0.02, 0.02, 0.9, 0.9], []],
  ])("that %s", (_, parts, minutes) => {
    const found = play(parts);
    expect(found.slice(0, 1)).toEqual(minutes);
  });

  it("are not computed from a few requests", () => {
    const rates = new DenialRates({ change: 0.3, requests: 100, ...REPEAT });
    for (let minute = 0; minute < 200; minute += 1) {
      expect(
        rates.see("payments\nread", { requests: 2, denials: minute === 150 ? 2 : 0 }, minute * 60_000),
      ).toBeUndefined();
    }
  });
});

describe("refused tokens", () => {
  const token = (number: number) => ({ ...key(number), third: number, fourth: 0 });

  it("are refused only for the set time", () => {
    const tokens = new RefusedTokens(300_000);
    expect([tokens.refuse(token(1), 0), tokens.refuse(token(1), 1)]).toEqual([true, false]);
    expect([tokens.isRefused(token(1), 299_999), tokens.isRefused(token(2), 0)]).toEqual([true, false]);
    expect([tokens.isRefused(token(1), 300_000), tokens.count(300_000), tokens.hasAny(300_000)]).toEqual([
      false,
      0,
      false,
    ]);
  });

  it("are bounded: the token whose time ends first is forgotten", () => {
    const tokens = new RefusedTokens(300_000);
    for (let number = 0; number <= MAX_REFUSED; number += 1) {
      tokens.refuse(token(number), number);
    }
    expect(tokens.count(MAX_REFUSED)).toBe(MAX_REFUSED);
    expect([0, 1, MAX_REFUSED].map((number) => tokens.isRefused(token(number), MAX_REFUSED))).toEqual([
      false,
      true,
      true,
    ]);
  });
});
