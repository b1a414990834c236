import { describe, expect, it } from "vitest";
import { CHECK_OVERLOADED, SIGNATURE_INVALID } from "../../../plugin/core/model/key.ts";
import { PASSED } from "../../../plugin/core/model/result.ts";
import { countSlots, SlowChecks } from "../../../plugin/keys/verify/slow-checks.ts";

/** Checks that end when the test says so. The test also moves their clock. */
function createScene(slots: number) {
  let nowMs = 0;
  const started: { readonly name: string; readonly end: (holds: boolean) => void }[] = [];
  const pauses: { readonly callback: () => void; readonly ms: number }[] = [];
  const checks = new SlowChecks({
    slots,
    now: () => nowMs,
    wait: (callback, ms) => void pauses.push({ callback, ms }),
  });
  return {
    started,
    pauses,
    pass: (ms: number): void => {
      nowMs += ms;
    },
    check: (name: string, client = "a") => checks.check(client, (end) => void started.push({ name, end })),
    names: () => started.map(({ name }) => name),
  };
}

it.each([
  [1, 1],
  [2, 1],
  [3, 2],
  [4, 3],
  [64, 3],
])("on a machine with %i processors, %i slow checks run at the same time", (processors, slots) => {
  expect(countSlots(processors)).toBe(slots);
});

describe("slow checks", () => {
  it("run in all slots at the same time, and the next check starts after a valid signature", async () => {
    const scene = createScene(2);
    const first = scene.check("1");
    scene.check("2");
    scene.check("3");
    expect(scene.names()).toEqual(["1", "2"]);
    scene.started[0]?.end(true);
    expect(await first).toBe(PASSED);
    expect(scene.names()).toEqual(["1", "2", "3"]);
  });

  it("are followed by an equally long pause if the signature is invalid", async () => {
    const scene = createScene(1);
    const forged = scene.check("forged");
    scene.check("next");
    scene.pass(3);
    scene.started[0]?.end(false);
    expect(await forged).toBe(SIGNATURE_INVALID);
    expect(scene.names()).toEqual(["forged"]);
    expect(scene.pauses.map(({ ms }) => ms)).toEqual([3]);
    scene.pauses[0]?.callback();
    expect(scene.names()).toEqual(["forged", "next"]);
  });

  it("give each client its turn", () => {
    const scene = createScene(1);
    for (const name of ["1", "2", "3", "4"]) {
      scene.check(name, "flood");
    }
    scene.check("good", "other");
    scene.started[0]?.end(true);
    scene.started[1]?.end(true);
    expect(scene.names()).toEqual(["1", "2", "good"]);
  });

  it("that waited for too long are all rejected at once, and a check that waited for 50 ms is still done", async () => {
    const scene = createScene(1);
    scene.check("running");
    const late = [scene.check("late"), scene.check("later"), scene.check("other", "b")];
    scene.pass(951);
    scene.check("in time");
    scene.pass(50);
    scene.started[0]?.end(true);
    expect(await Promise.all(late)).toEqual(late.map(() => CHECK_OVERLOADED));
    expect(scene.names()).toEqual(["running", "in time"]);
  });

  it("are not done if they waited for too long, and then no token is reported as invalid", async () => {
    const scene = createScene(1);
    scene.check("running");
    const late = scene.check("late");
    scene.pass(1_001);
    scene.started[0]?.end(true);
    expect(await late).toBe(CHECK_OVERLOADED);
    expect(scene.names()).toEqual(["running"]);
  });

  it("wait at most 256 at a time; the next check is not done at all", async () => {
    const scene = createScene(1);
    scene.check("running");
    for (let index = 0; index < 256; index += 1) {
      scene.check(String(index));
    }
    expect(await scene.check("too many")).toBe(CHECK_OVERLOADED);
    expect(scene.names()).toEqual(["running"]);
  });
});
