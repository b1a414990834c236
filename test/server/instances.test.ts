import { describe, expect, it } from "vitest";
import { createDeny } from "../../plugin/core/decision.ts";
import { createInstances, type Instances } from "../../plugin/server/instances.ts";

const MAX_ID = 2 ** 31 - 1;
const HOUR = 3_600_000;
const CAP = 20_000;
const IDS_PER_MS = 8;
const DENY = createDeny({ reason: "token_missing" }, { policy: "p" });

interface Setup {
  readonly clock: { now: number };
  readonly instances: Instances;
  /** Starts one and returns its id. */
  start(config?: string): number;
}

function setUp(now: number): Setup {
  const clock = { now };
  const instances = createInstances(
    () => ({ access: async () => DENY }),
    () => clock.now,
  );
  return { clock, instances, start: (config = "{}") => instances.start(config) };
}

describe("ids", () => {
  it.each([1_000_000, Math.floor(MAX_ID / 16), Math.floor(MAX_ID / 9), Date.UTC(2026, 10, 22), 1_000_000.375])(
    "begin at eight per millisecond of the clock, at %f ms: a process that starts 2 s later begins 16000 higher",
    (now) => {
      const base = setUp(now).start();
      expect(base - ((now * IDS_PER_MS) % MAX_ID)).toBeOneOf([0, 1]);
      expect(setUp(now + 2000).start()).toBe(base + 16_000);
    },
  );

  it("tell an eighth of a millisecond: a process that follows that soon gives out others", () => {
    const ids = [1000, 1000.124, 1000.125, 1000.25].map((now) => setUp(now).start());
    expect(ids.map((id) => id - (ids[0] ?? 0))).toEqual([0, 0, 1, 2]);
  });

  it("go up by one while the clock stands still and follow it when it goes on", () => {
    const { clock, start } = setUp(1000);
    const first = start();
    expect([start(), start()]).toEqual([first + 1, first + 2]);
    clock.now = 5000;
    expect([start(), start()]).toEqual([first + 32_000, first + 32_001]);
  });

  it("go up when the clock goes back", () => {
    const { clock, start } = setUp(5000);
    const first = start();
    clock.now = 10;
    expect([start(), start()]).toEqual([first + 1, first + 2]);
  });

  it.each([
    ["today", Date.UTC(2026, 10, 22)],
    ["shortly before the end of the clock's range", (MAX_ID - 3) / IDS_PER_MS],
    ["at its last value", (MAX_ID - 1) / IDS_PER_MS],
    ["just after it", MAX_ID / IDS_PER_MS],
    ["at 2^31", 2 ** 31 / IDS_PER_MS],
    ["at twice the range", (2 * MAX_ID) / IDS_PER_MS],
    ["at zero", 0],
  ])("are positive, fit int32 and differ, %s", (_when, now) => {
    const { instances, start } = setUp(now);
    const ids = Array.from({ length: 10 }, () => start());
    expect(ids.filter((id) => !Number.isInteger(id) || id <= 0 || id > MAX_ID)).toEqual([]);
    expect(new Set(ids).size).toBe(10);
    expect(new Set(ids.map((id) => instances.find(id))).size).toBe(10);
  });

  it("are not those of the process before, which started within a second and gave out thousands", () => {
    const before = setUp(1_000_000);
    const old = Array.from({ length: 7_999 }, () => before.start());
    const after = setUp(1_000_000 + 1000);
    const fresh = Array.from({ length: 500 }, () => after.start());
    expect(fresh.filter((id) => old.includes(id))).toEqual([]);
    expect(old.map((id) => after.instances.find(id))).toEqual(old.map(() => undefined));
  });

  it("are not given out again when their instance is closed", () => {
    const { instances, start } = setUp(1000);
    const first = start();
    instances.close(first);
    expect(start()).toBeGreaterThan(first);
  });

  it.each([
    ["in steps of a third", [1 / 3, 2 / 3, 1].map((part) => Math.round(part * MAX_ID) / IDS_PER_MS)],
    [
      "in one step, and many at once where it ends",
      [-40_002, -40_001, -40_001, -40_001, 0, 0].map((part) => (MAX_ID + part) / IDS_PER_MS),
    ],
  ])("never name another instance in use when the clock goes once through its range, %s", (_how, steps) => {
    const { clock, instances, start } = setUp(5000);
    const old = start();
    const kept = instances.find(old);
    for (const step of steps) {
      clock.now = 5000 + step;
      expect(start()).not.toBe(old);
    }
    expect(instances.find(old)).toBe(kept);
  });
});

describe("instances", () => {
  it("are started from the configuration's text as it is, once", () => {
    const configs: string[] = [];
    const instances = createInstances(
      (config) => {
        configs.push(config);
        return { access: async () => DENY };
      },
      () => 1,
    );
    const id = instances.start('{ "rule": 1 }');
    instances.find(id);
    instances.find(id);
    expect(configs).toEqual(['{ "rule": 1 }']);
  });

  it("are found under their own id only", () => {
    const { instances, start } = setUp(1000);
    const [first, second] = [start(), start()];
    expect(instances.find(first)).toBeDefined();
    expect(instances.find(first)).not.toBe(instances.find(second));
    expect([0, -1, first - 1, second + 1, Number.NaN].map((id) => instances.find(id))).toEqual(
      Array(5).fill(undefined),
    );
  });

  it("are gone once closed; closing one twice or an unknown one is no error", () => {
    const { instances, start } = setUp(1000);
    const [first, second] = [start(), start()];
    instances.close(first);
    instances.close(first);
    instances.close(99);
    expect(instances.find(first)).toBeUndefined();
    expect(instances.find(second)).toBeDefined();
  });

  it("that no event asked for in an hour are given up, a millisecond later and not sooner", () => {
    const { clock, instances, start } = setUp(1000);
    const id = start();
    clock.now = 1000 + HOUR;
    instances.evictIdle();
    expect(instances.find(id)).toBeDefined();
    clock.now += HOUR + 1;
    instances.evictIdle();
    expect(instances.find(id)).toBeUndefined();
  });

  it("that an event asked for live on for an hour more", () => {
    const { clock, instances, start } = setUp(1000);
    const [used, idle] = [start(), start()];
    clock.now += HOUR;
    instances.find(used);
    clock.now += 1;
    instances.evictIdle();
    expect([instances.find(used) !== undefined, instances.find(idle)]).toEqual([true, undefined]);
  });

  describe(`are ${CAP} at most`, () => {
    const fill = (): Setup & { ids: number[] } => {
      const setup = setUp(1000);
      return { ...setup, ids: Array.from({ length: CAP }, () => setup.start()) };
    };
    const isKnown = ({ instances }: Setup, id = 0): boolean => instances.find(id) !== undefined;

    it("so that one more gives up the one that was not used for the longest time, and no other", () => {
      const full = fill();
      const last = full.start();
      expect([full.ids[0], full.ids[1], full.ids.at(-1), last].map((id) => isKnown(full, id))).toEqual([
        false,
        true,
        true,
        true,
      ]);
    });

    it("and one that is in use all the time outlives any number of starts", () => {
      const full = fill();
      full.clock.now += 2_000;
      isKnown(full, full.ids[0]);
      for (let round = 0; round < 3 * CAP; round += 1) {
        full.clock.now += 2;
        full.start();
        if (round % 1_000 === 0) {
          expect(isKnown(full, full.ids[0])).toBe(true);
        }
      }
    });

    it("where use is told apart by the second: within the same one, the order is that of the starts", () => {
      const full = fill();
      full.clock.now += 1_000;
      expect(isKnown(full, full.ids[0])).toBe(true);
      full.start();
      expect(isKnown(full, full.ids[0])).toBe(false);

      full.clock.now += 1;
      expect(isKnown(full, full.ids[1])).toBe(true);
      full.start();
      expect([isKnown(full, full.ids[1]), isKnown(full, full.ids[2])]).toEqual([true, false]);
    });

    it("so that one that was closed makes room", () => {
      const full = fill();
      full.instances.close(full.ids[5] ?? 0);
      full.start();
      expect(isKnown(full, full.ids[0])).toBe(true);
    });
  });
});

it("turns a start that throws into an instance that refuses", async () => {
  const instances = createInstances(() => {
    throw new Error("broken");
  }, Date.now);
  const id = instances.start("{}");
  await expect(instances.find(id)?.access({} as never)).rejects.toThrow("broken");
});
