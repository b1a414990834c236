import { describe, expect, it } from "vitest";
import { Admission } from "../../plugin/runtime/admission.ts";

/** An event loop that the test turns. The test also moves its clock. */
function createScene() {
  let nowMs = 0;
  const deferred: (() => void)[] = [];
  const admitted: string[] = [];
  const rejected: string[] = [];
  const admission = new Admission({ now: () => nowMs, defer: (step) => void deferred.push(step) });
  /** The cost of a decision. The decision runs when the promise is resolved. */
  let decisionMs = 1;
  const ask = (name: string, client = "a", isAbandoned = (): boolean => false, credentials?: string): void => {
    const note = (isAdmitted: boolean): void => {
      (isAdmitted ? admitted : rejected).push(name);
      nowMs += isAdmitted ? decisionMs : 0;
    };
    const answer = admission.admit({ client, credentials }, isAbandoned);
    if (answer instanceof Promise) {
      void answer.then(note);
    } else {
      note(answer);
    }
  };
  return {
    ask,
    askMany(count: number, prefix = "", ...more: [client?: string, isAbandoned?: () => boolean, credentials?: string]) {
      for (let index = 0; index < count; index += 1) {
        ask(`${prefix}${index}`, ...more);
      }
    },
    noteGood: (credentials: string): void => admission.noteGood({ credentials }),
    admitted,
    rejected,
    pass: (ms: number): void => {
      nowMs += ms;
    },
    setDecisionMs: (ms: number): void => {
      decisionMs = ms;
    },
    /** Runs the deferred work, and then the promises of this work. */
    async turn(times = 1): Promise<void> {
      for (let time = 0; time < times; time += 1) {
        for (const step of deferred.splice(0)) {
          step();
          await Promise.resolve();
          await Promise.resolve();
        }
      }
    },
    isIdle: () => deferred.length === 0,
  };
}

describe("requests are admitted", () => {
  it("at once if there is time, without a promise", () => {
    const scene = createScene();
    scene.ask("1");
    scene.ask("2");
    expect(scene.admitted).toEqual(["1", "2"]);
  });

  it("in later turns after two milliseconds of one turn are used up, for four milliseconds in each", async () => {
    const scene = createScene();
    scene.askMany(12);
    expect(scene.admitted).toHaveLength(2);
    await scene.turn(2);
    expect(scene.admitted).toHaveLength(7); // Decisions of one millisecond each. The last decision began within the four milliseconds.
    await scene.turn(2);
    expect(scene.admitted).toHaveLength(12);
    expect(scene.rejected).toEqual([]);
    await scene.turn();
    expect(scene.isIdle()).toBe(true);
  });

  it("of each client in turn", async () => {
    const scene = createScene();
    scene.askMany(6, "flood ", "flood");
    scene.ask("good", "other");
    await scene.turn(2);
    expect(scene.admitted.slice(2, 4)).toEqual(["flood 2", "good"]);
  });

  it("at once again when the queue is empty and a new turn has begun", async () => {
    const scene = createScene();
    scene.askMany(4);
    while (!scene.isIdle()) {
      await scene.turn();
    }
    scene.ask("later");
    expect(scene.admitted.at(-1)).toBe("later");
  });

  it.each([
    ["at least 4 ms", 0, 5],
    ["at least 4 ms", 4, 5],
    ["as long as reading took", 20, 21],
    ["as long as reading took", 50, 51],
    ["at most 50 ms", 51, 51],
  ])("for %s, if reading took %d ms", async (_what, readMs, count) => {
    const scene = createScene();
    scene.askMany(102);
    await scene.turn();
    scene.pass(readMs);
    await scene.turn();
    expect(scene.admitted).toHaveLength(2 + count);
  });

  it("at most 512 in one turn, even if their decisions are short", async () => {
    const scene = createScene();
    scene.setDecisionMs(2);
    scene.ask("first");
    scene.setDecisionMs(0);
    scene.askMany(600);
    await scene.turn(2);
    expect(scene.admitted).toHaveLength(1 + 512);
    await scene.turn();
    expect(scene.admitted).toHaveLength(1 + 600);
  });
});

const GOOD = `Bearer ${"good".repeat(12)}`;

describe("credentials that passed a moment ago", () => {
  const isHere = (): boolean => false;

  it("are served before a flood from the same address, which gets a quarter of the time", async () => {
    const scene = createScene();
    scene.ask("first");
    scene.ask("second");
    scene.askMany(40, "flood ");
    scene.noteGood(GOOD);
    scene.askMany(12, "good ", "a", isHere, GOOD);
    await scene.turn(8);
    const served = scene.admitted.slice(2, 10);
    expect(served.filter((name) => name.startsWith("good"))).toHaveLength(6);
    expect(served.filter((name) => name.startsWith("flood"))).toHaveLength(2);
  });

  it("do not wait for all the time that the others had alone before", async () => {
    const scene = createScene();
    scene.askMany(80, "flood ");
    while (scene.admitted.length < 40) {
      await scene.turn();
    }
    scene.noteGood(GOOD);
    for (let index = 0; index < 40; index += 1) {
      scene.ask(`good ${index}`, "a", isHere, GOOD);
    }
    const before = scene.admitted.length;
    while (!scene.isIdle()) {
      await scene.turn();
    }
    const served = scene.admitted.slice(before);
    expect(served.slice(0, 9)).not.toContainEqual(expect.stringMatching(/^flood/));
    expect(served.slice(9, 15)).toContainEqual(expect.stringMatching(/^flood/));
  });

  /**
   * Whether the server serves a request with these credentials before a flood, after the other requests have passed.
   */
  async function isFirst(credentials: string, ...good: readonly string[]): Promise<boolean> {
    const scene = createScene();
    scene.askMany(8, "flood ");
    good.forEach(scene.noteGood);
    scene.ask("asked", "a", isHere, credentials);
    while (!scene.isIdle()) {
      await scene.turn();
    }
    return scene.admitted.indexOf("asked") < 4;
  }

  const SIGNATURE = "s".repeat(43);
  it.each<[what: string, credentials: string, good: string, isGood: boolean]>([
    ["themselves good", GOOD, GOOD, true],
    ["others good", `Bearer ${"other".repeat(10)}`, GOOD, false],
    ["good credentials that are too short for a signature", SIGNATURE.slice(1), SIGNATURE.slice(1), false],
    ["good credentials that are as long as a signature", SIGNATURE, SIGNATURE, true],
    ["good credentials that end with the same signature", `Bearer b.${SIGNATURE}`, `Bearer a.${SIGNATURE}`, true],
    ["good credentials whose signature differs in the first character", `x${SIGNATURE.slice(1)}`, SIGNATURE, false],
  ])("make %s: %s", async (_, credentials, good, isGood) => {
    expect(await isFirst(credentials, good)).toBe(isGood);
  });

  it("are forgotten after 8,192 other credentials, and a repetition does not count", async () => {
    const others = Array.from({ length: 8_192 }, (_, index) => `${GOOD}${index}`);
    expect(await isFirst(GOOD, GOOD, ...others.slice(1))).toBe(true);
    expect(await isFirst(GOOD, GOOD, GOOD, others[0] ?? "", ...others.slice(1))).toBe(false);
  });
});

describe("requests are rejected", () => {
  it("that have waited for more than a second in a burst", async () => {
    const scene = createScene();
    scene.setDecisionMs(3);
    scene.ask("1");
    scene.ask("2");
    scene.pass(1_001);
    await scene.turn();
    expect(scene.rejected).toEqual(["2"]);
  });

  it("that have waited for more than 10 ms during an overload, and the newest are served", async () => {
    const scene = createScene();
    scene.setDecisionMs(5);
    let count = 0;
    for (let turn = 0; turn < 400; turn += 1) {
      for (let index = 0; index < 4; index += 1) {
        count += 1;
        scene.ask(String(count));
      }
      await scene.turn();
    }
    const last = scene.admitted.slice(-10).map(Number);
    expect(scene.rejected.length).toBeGreaterThan(100);
    expect(Math.min(...last)).toBeGreaterThan(count - 60);
  });

  it("beyond 2,048 waiting requests", async () => {
    const scene = createScene();
    scene.setDecisionMs(2);
    scene.askMany(2_050);
    await scene.turn();
    expect(scene.rejected).toEqual(["2049"]);
  });
});

it("a request that Kong gave up while it waited is not judged, and uses no turn", async () => {
  const scene = createScene();
  scene.setDecisionMs(3);
  scene.ask("first");
  scene.ask("gone", "a", () => true);
  scene.ask("next");
  await scene.turn(2);
  expect(scene.admitted).toEqual(["first", "next"]);
  expect(scene.rejected).toEqual(["gone"]);
});
