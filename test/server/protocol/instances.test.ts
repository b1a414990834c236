import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDeny } from "../../../plugin/core/model/decision.ts";
import { createInstances, type InstanceLimits, type Instances } from "../../../plugin/server/protocol/instances.ts";

const HOUR = 3_600_000;
const CAP = 20_000;
const PER_GENERATION = 2 ** 23;
const DENY = createDeny({ reason: "token_missing" }, { policy: "p" });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The time after which the next check for idle instances has happened. The tests move the clock for the age of instances. */
const evict = (): void => {
  vi.advanceTimersByTime(600_000);
};

interface Setup {
  readonly clock: { now: number };
  readonly instances: Instances;
  /** Starts an instance and returns its id. */
  start(config?: string): number;
}

/** @param generations the generations that the process can claim, in this order. */
function setUp(now: number, generations: readonly number[] = [0]): Setup {
  const clock = { now };
  const left = [...generations];
  const instances = createInstances(
    () => ({ access: async () => DENY }),
    () => left.shift() ?? Number.NaN,
    () => clock.now,
  );
  return { clock, instances, start: (config = "{}") => instances.start(config) };
}

describe("ids", () => {
  it("consist of the process's generation and a count from 1", () => {
    const { start } = setUp(0, [3]);
    expect([start(), start()]).toEqual([3 * PER_GENERATION + 1, 3 * PER_GENERATION + 2]);
  });

  it("are positive and fit int32, from the first to the last", () => {
    expect(setUp(0, [0]).start()).toBe(1);
    expect(setUp(0, [255]).start()).toBe(255 * PER_GENERATION + 1);
    expect(256 * PER_GENERATION - 1).toBe(2 ** 31 - 1);
  });

  it("of two concurrent processes are never the same, for any number of ids", () => {
    const [one, other] = [setUp(0, [7]), setUp(0, [8])];
    const ids = Array.from({ length: 3_000 }, () => [one.start(), other.start()]).flat();
    expect(new Set(ids).size).toBe(6_000);
    expect(other.instances.find(one.start())).toBeUndefined();
  });

  it("are not used again after their instance is closed", () => {
    const { instances, start } = setUp(1000);
    const first = start();
    instances.close(first);
    expect(start()).toBeGreaterThan(first);
  });

  it("continue in another generation when all ids of one generation are used", () => {
    const { instances, start } = setUp(0, [0, 1]);
    let last = 0;
    for (let count = 1; count < PER_GENERATION; count += 1) {
      last = start();
      instances.close(last);
    }
    expect(last).toBe(PER_GENERATION - 1);
    expect(start()).toBe(PER_GENERATION + 1);
  });
});

describe("instances", () => {
  it("are started from the unchanged text of the configuration, once", () => {
    const configs: string[] = [];
    const instances = createInstances(
      (config) => {
        configs.push(config);
        return { access: async () => DENY };
      },
      () => 0,
      () => 1,
    );
    const id = instances.start('{ "rule": 1 }');
    instances.find(id);
    instances.find(id);
    expect(configs).toEqual(['{ "rule": 1 }']);
  });

  it("are found only under their own id", () => {
    const { instances, start } = setUp(1000);
    const [first, second] = [start(), start()];
    expect(instances.find(first)).toBeDefined();
    expect(instances.find(first)).not.toBe(instances.find(second));
    expect([0, -1, first - 1, second + 1, Number.NaN].map((id) => instances.find(id))).toEqual(
      Array(5).fill(undefined),
    );
  });

  it("do not exist after they are closed; closing an instance twice, or an unknown instance, is no error", () => {
    const { instances, start } = setUp(1000);
    const [first, second] = [start(), start()];
    instances.close(first);
    instances.close(first);
    instances.close(99);
    expect(instances.find(first)).toBeUndefined();
    expect(instances.find(second)).toBeDefined();
  });

  it("that no event has used for an hour are released one millisecond later, and not earlier", () => {
    const { clock, instances, start } = setUp(1000);
    const id = start();
    clock.now = 1000 + HOUR;
    evict();
    expect(instances.find(id)).toBeDefined();
    clock.now += HOUR + 1;
    evict();
    expect(instances.find(id)).toBeUndefined();
  });

  it("that an event has used stay for another hour", () => {
    const { clock, instances, start } = setUp(1000);
    const [used, idle] = [start(), start()];
    clock.now += HOUR;
    instances.find(used);
    clock.now += 1;
    evict();
    expect([instances.find(used) !== undefined, instances.find(idle)]).toEqual([true, undefined]);
  });

  describe(`are ${CAP} at most`, () => {
    const fill = (): Setup & { ids: number[] } => {
      const setup = setUp(1000);
      return { ...setup, ids: Array.from({ length: CAP }, () => setup.start()) };
    };
    const isKnown = ({ instances }: Setup, id = 0): boolean => instances.find(id) !== undefined;

    it("one more instance releases only the instance that was unused for the longest time", () => {
      const full = fill();
      const last = full.start();
      expect([full.ids[0], full.ids[1], full.ids.at(-1), last].map((id) => isKnown(full, id))).toEqual([
        false,
        true,
        true,
        true,
      ]);
    });

    it("an instance that is always in use survives any number of starts", () => {
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

    it("time counts in seconds: within one second, the order of the starts decides", () => {
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

    it("and a closed instance makes room", () => {
      const full = fill();
      full.instances.close(full.ids[5] ?? 0);
      full.start();
      expect(isKnown(full, full.ids[0])).toBe(true);
    });
  });
});

describe("an instance learns once that it ends", () => {
  function setUpClosing(limits?: InstanceLimits) {
    const closed: string[] = [];
    const clock = { now: 0 };
    const instances = createInstances(
      (config) => ({ access: async () => DENY, close: () => void closed.push(config) }),
      () => 0,
      () => clock.now,
      limits,
    );
    return { closed, clock, instances };
  }

  it("when Kong closes it, even several times", () => {
    const { instances, closed } = setUpClosing();
    const id = instances.start("a");
    instances.close(id);
    instances.close(id);
    expect(closed).toEqual(["a"]);
  });

  it("when no request needed it for an hour", () => {
    const { instances, closed, clock } = setUpClosing();
    instances.start("a");
    clock.now = HOUR + 1;
    evict();
    expect(closed).toEqual(["a"]);
  });

  it("when all configurations together are too long: the instances that were unused for the longest time are released", () => {
    const { instances, closed } = setUpClosing({ maxInstances: 100, maxConfigLength: 10 });
    const ids = ["aaaa", "bbbb", "cc"].map(instances.start);
    expect(closed).toEqual([]);
    instances.start("ddddd");
    expect(closed).toEqual(["aaaa", "bbbb"]);
    instances.close(ids[2] ?? 0);
    instances.start("eeeee");
    expect(closed).toEqual(["aaaa", "bbbb", "cc"]);
  });

  it("a configuration longer than this total still starts, because Kong limits a single configuration", () => {
    const { instances, closed } = setUpClosing({ maxInstances: 100, maxConfigLength: 3 });
    instances.start("a");
    expect(instances.find(instances.start("bbbb"))).toBeDefined();
    expect(closed).toEqual(["a"]);
  });
});

it("turns a start that throws into an instance that refuses", async () => {
  const instances = createInstances(
    () => {
      throw new Error("broken");
    },
    () => 0,
    Date.now,
  );
  const id = instances.start("{}");
  await expect(instances.find(id)?.access({} as never)).rejects.toThrow("broken");
});
