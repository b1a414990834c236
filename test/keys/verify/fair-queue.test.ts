import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FairQueue, networkOf } from "../../../plugin/keys/verify/fair-queue.ts";

const PATIENCE = { promptMs: 0, standingMs: 100, longMs: 200, shortMs: 10, capacity: 8 };

const takeAll = (queue: FairQueue<string>, nowMs: number): readonly (string | undefined)[] =>
  Array.from({ length: queue.size }, () => queue.take(nowMs));

describe("turns", () => {
  it("alternate among clients, for any number of requests of one client", () => {
    const queue = new FairQueue<string>(PATIENCE);
    for (const item of ["a1", "a2", "a3", "a4", "b1", "c1"]) {
      queue.add(item, item.slice(0, 1), 0);
    }
    expect(takeAll(queue, 0)).toEqual(["a1", "b1", "c1", "a2", "a3", "a4"]);
  });

  it("begin with the oldest entry in a burst, and with the newest if the queue does not become empty", () => {
    const burst = new FairQueue<string>(PATIENCE);
    const standing = new FairQueue<string>(PATIENCE);
    for (const item of ["1", "2", "3"]) {
      burst.add(item, "a", 0);
      standing.add(item, "a", 0);
    }
    expect(takeAll(burst, 100)).toEqual(["1", "2", "3"]);
    expect(takeAll(standing, 101)).toEqual(["3", "2", "1"]);
  });

  it("do not treat a queue as overloaded if it was empty in between", () => {
    const queue = new FairQueue<string>(PATIENCE);
    queue.add("1", "a", 0);
    queue.take(90);
    queue.add("2", "a", 90);
    queue.add("3", "a", 90);
    expect(takeAll(queue, 150)).toEqual(["2", "3"]);
  });

  /** A queue of two entries. For half a second, one entry arrives each `waitMs`. */
  const keepBusy = (waitMs: number): FairQueue<string> => {
    const queue = new FairQueue<string>({ ...PATIENCE, promptMs: 50 });
    for (let nowMs = 0; nowMs <= 500; nowMs += waitMs) {
      queue.add(String(nowMs), "a", nowMs);
      if (queue.size > 2) {
        queue.take(nowMs);
      }
    }
    queue.add("newest", "a", 500);
    return queue;
  };

  it("begin with the oldest entry as long as the waits are short, also if the queue is never empty", () => {
    expect(keepBusy(25).take(500)).toBe("475");
    expect(keepBusy(50).take(500)).toBe("newest");
  });

  it("begin with the oldest entry again after a queue with long waits was empty", () => {
    const queue = keepBusy(50);
    takeAll(queue, 510);
    queue.add("older", "a", 520);
    queue.add("newer", "a", 520);
    expect(queue.take(520)).toBe("older");
  });

  it("belong to no client if the queue is empty", () => {
    expect(new FairQueue<string>(PATIENCE).take(0)).toBeUndefined();
  });
});

describe("a wait ends if it is too long", () => {
  it.each<[what: string, sinceEmptyMs: number, waitedMs: number, isExpired: boolean]>([
    ["after the long time in a burst", 0, 201, true],
    ["not before", 0, 100, false],
    ["after the short time if the queue does not become shorter", 101, 112, true],
    ["not before either", 101, 111, false],
  ])("%s", (_, beforeMs, nowMs, isExpired) => {
    const queue = new FairQueue<string>(PATIENCE);
    queue.add("first", "a", 0);
    queue.add("second", "b", beforeMs);
    if (beforeMs > 0) {
      expect(queue.takeExpired(beforeMs)).toBe("first");
    }
    const late = queue.takeExpired(nowMs);
    expect(late !== undefined).toBe(isExpired);
  });
});

describe("a full queue", () => {
  const fill = (): FairQueue<string> => {
    const queue = new FairQueue<string>(PATIENCE);
    for (let index = 0; index < PATIENCE.capacity; index += 1) {
      queue.add(`a${index}`, "a", index);
    }
    return queue;
  };

  it("rejects a further request of a client that already has requests in the queue", () => {
    const queue = fill();
    expect(queue.add("a8", "a", 9)).toBe("a8");
    expect(queue.size).toBe(PATIENCE.capacity);
  });

  it("makes room for a client without requests in the queue, and gives it the turn after the next", () => {
    const queue = fill();
    expect(queue.add("b", "b", 9)).toBe("a0");
    expect(queue.size).toBe(PATIENCE.capacity);
    expect([queue.take(9), queue.take(9)]).toEqual(["a1", "b"]);
  });
});

describe("any sequence of additions and removals", () => {
  const step = fc.record({
    does: fc.constantFrom("add", "take", "expire"),
    client: fc.constantFrom("a", "b", "10.0.0.1", "2001:db8::1", "2001:db8::2"),
    afterMs: fc.nat(60),
  });

  const act = (queue: FairQueue<number>, does: string, index: number, client: string, nowMs: number) => {
    switch (does) {
      case "add":
        return queue.add(index, client, nowMs);
      case "take":
        return queue.take(nowMs);
      default:
        return queue.takeExpired(nowMs);
    }
  };

  it("returns each item once, stays within the capacity, and counts correctly", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new FairQueue<number>(PATIENCE);
        const inside = new Set<number>();
        let nowMs = 0;
        for (const [index, { does, client, afterMs }] of steps.entries()) {
          nowMs += afterMs;
          if (does === "add") {
            inside.add(index);
          }
          const out = act(queue, does, index, client, nowMs);
          expect(out === undefined || inside.delete(out)).toBe(true);
          expect(queue.size).toBe(inside.size);
          expect(queue.size).toBeLessThanOrEqual(PATIENCE.capacity);
        }
        for (let item = queue.take(nowMs); item !== undefined; item = queue.take(nowMs)) {
          expect(inside.delete(item)).toBe(true);
        }
        expect(inside.size).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});

it("a queue that is never empty remembers little more than a thousand of the items that have left it", async () => {
  const queue = new FairQueue<object>(PATIENCE);
  const left: WeakRef<object>[] = [];
  for (let count = 0; count < 2_000; count += 1) {
    queue.add({}, "a", 0);
    queue.add({}, "a", 0);
    left.push(
      ...[queue.take(0), queue.size > 2 ? queue.take(0) : undefined].flatMap((item) =>
        item ? [new WeakRef(item)] : [],
      ),
    );
  }
  expect([queue.size, left.length]).toEqual([2, 3_998]);
  setFlagsFromString("--expose-gc");
  await new Promise(setImmediate); // Until then, the references keep their items.
  runInNewContext("gc")();
  expect(left.filter((item) => item.deref() !== undefined).length).toBeLessThan(1_100);
});

it.each([
  ["10.0.0.1", "10.0.0.1"],
  ["", ""],
  ["unix:", "unix:"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2::9", "2001:db8:1:2"],
  ["2001:db8::9", "2001:db8:0:0"],
  ["::1", "0:0:0:0"],
  ["fe80::1:2:3:4:5", "fe80:0:0:1"],
  ["::ffff:10.0.0.1", "::ffff:10.0.0.1"],
])("the network of %j is %j", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
