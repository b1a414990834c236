import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlotTable } from "../../../../plugin/observe/abuse/tables/slot-table.ts";

describe("a table of records", () => {
  const create = () => new SlotTable({ slots: 64, fields: 2, neededFor: 10 });

  it("gives each key its own record, which begins with zeros", () => {
    const table = create();
    const one = table.claim({ group: 1, tag: 5 }, 1);
    table.set(one, 0, 42);
    const other = table.claim({ group: 1, tag: 6 }, 1);
    expect([table.get(one, 0), table.get(other, 0)]).toEqual([42, 0]);
    expect([table.find({ group: 1, tag: 5 }), table.find({ group: 1, tag: 7 })]).toEqual([one, -1]);
  });

  it("forgets the record that was used the longest time ago, and counts it as lost only if it was still needed", () => {
    const table = create();
    for (let tag = 1; tag <= 8; tag += 1) {
      table.claim({ group: 3, tag }, tag);
    }
    table.use(table.find({ group: 3, tag: 1 }), 9);
    table.claim({ group: 3, tag: 9 }, 100);
    expect([table.find({ group: 3, tag: 2 }), table.lost]).toEqual([-1, 0]);
    expect(table.find({ group: 3, tag: 1 })).toBeGreaterThanOrEqual(0);
    for (let tag = 10; tag <= 17; tag += 1) {
      table.claim({ group: 3, tag }, 101);
    }
    expect(table.lost).toBe(1);
  });

  it("never grows, and never mixes the numbers of two keys, whatever the keys are", () => {
    const keys = fc.array(fc.record({ group: fc.integer(), tag: fc.integer().map((tag) => tag || 1) }), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(keys, (all) => {
        const table = create();
        const { bytes } = table;
        for (const [now, key] of all.entries()) {
          const found = table.find(key);
          const slot = found >= 0 ? found : table.claim(key, now);
          const before = table.get(slot, 0);
          expect([0, key.tag]).toContain(before);
          table.set(slot, 0, key.tag);
          table.use(slot, now);
        }
        expect(table.bytes).toBe(bytes);
      }),
    );
  });
});
