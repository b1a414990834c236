import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BoundedMap, type Bounds } from "../../plugin/bounded/bounded-map.ts";

interface Sized {
  readonly size: number;
}

const keysOf = (map: BoundedMap<string, Sized>): string[] => [...map.entries()].map(([key]) => key);
const mapOf = (bounds: Bounds<string, Sized>, ...keys: string[]): BoundedMap<string, Sized> => {
  const map = new BoundedMap<string, Sized>(bounds);
  for (const key of keys) {
    map.set(key, { size: key.length });
  }
  return map;
};

describe("a map with at most two entries", () => {
  it("evicts only the entry that was set first", () => {
    expect(keysOf(mapOf({ maxEntries: 2 }, "a", "b", "c"))).toEqual(["b", "c"]);
  });

  it("keeps an entry that was set again", () => {
    expect(keysOf(mapOf({ maxEntries: 2 }, "a", "b", "a", "c"))).toEqual(["a", "c"]);
  });

  it("does not keep an entry that was only read", () => {
    const map = mapOf({ maxEntries: 2 }, "a", "b");
    expect(map.get("a")).toEqual({ size: 1 });
    map.set("c", { size: 1 });
    expect(map.get("a")).toBeUndefined();
  });

  it("needs no additional room for a new value of an entry", () => {
    const map = mapOf({ maxEntries: 2 }, "a", "b");
    map.set("b", { size: 9 });
    expect([keysOf(map), map.get("b")]).toEqual([["a", "b"], { size: 9 }]);
  });

  it("has room again after a deletion, which returns the value once", () => {
    const map = mapOf({ maxEntries: 2 }, "a", "b");
    expect([map.delete("b"), map.delete("b"), map.delete("none")]).toEqual([{ size: 1 }, undefined, undefined]);
    map.set("c", { size: 1 });
    expect(keysOf(map)).toEqual(["a", "c"]);
  });
});

describe("a map with a total size of at most five", () => {
  const bounds = { maxEntries: 10, maxSize: 5, sizeOf: (key: string, { size }: Sized) => key.length - 1 + size };

  it("evicts as many entries as necessary, and reports each", () => {
    const evicted: Sized[] = [];
    const map = mapOf({ ...bounds, onEvict: (value) => evicted.push(value) });
    for (const [key, size] of Object.entries({ a: 1, b: 2, c: 2 })) {
      map.set(key, { size });
    }
    expect(evicted).toEqual([]);
    map.set("d", { size: 3 });
    expect([evicted, keysOf(map)]).toEqual([
      [{ size: 1 }, { size: 2 }],
      ["c", "d"],
    ]);
  });

  it("counts the key if the size function includes it", () => {
    const map = mapOf(bounds);
    map.set("a", { size: 1 });
    map.set("four", { size: 1 });
    expect(keysOf(map)).toEqual(["a", "four"]);
    map.set("b", { size: 1 });
    expect(keysOf(map)).toEqual(["four", "b"]);
  });

  it("keeps the newest entry even if it alone is too large, and no other entry", () => {
    const map = mapOf(bounds);
    map.set("a", { size: 1 });
    map.set("b", { size: 6 });
    expect(keysOf(map)).toEqual(["b"]);
    map.set("c", { size: 1 });
    expect(keysOf(map)).toEqual(["c"]);
  });

  it("does not report entries that were deleted or replaced", () => {
    const evicted: Sized[] = [];
    const map = mapOf({ ...bounds, onEvict: (value) => evicted.push(value) });
    map.set("a", { size: 4 });
    map.set("a", { size: 5 });
    map.delete("a");
    map.set("b", { size: 5 });
    expect([evicted, keysOf(map)]).toEqual([[], ["b"]]);
  });
});

it("stays within both bounds and keeps the newest entries, whatever is set and deleted", () => {
  const step = fc.record({
    key: fc.constantFrom(..."abcdefgh"),
    size: fc.integer({ min: 0, max: 4 }),
    isSet: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const map = new BoundedMap<string, Sized>({ maxEntries: 4, maxSize: 8, sizeOf: (_key, { size }) => size });
      let expected: (readonly [string, number])[] = [];
      for (const { key, size, isSet } of steps) {
        expected = expected.filter(([other]) => other !== key);
        if (isSet) {
          map.set(key, { size });
          expected.push([key, size]);
          while (expected.length > 4 || expected.reduce((sum, [, one]) => sum + one, 0) > 8) {
            expected.shift();
          }
        } else {
          map.delete(key);
        }
        expect([...map.entries()].map(([name, value]) => [name, value.size])).toEqual(expected);
      }
    }),
  );
});
