import { describe, expect, it } from "vitest";
import { Admission } from "../../plugin/runtime/admission.ts";

/** An event loop that the test turns, on a clock that it moves. */
function createScene() {
  let nowMs = 0;
  let deferred: (() => void)[] = [];
  const admitted: string[] = [];
  const rejected: string[] = [];
  const admission = new Admission({ now: () => nowMs, defer: (step) => void deferred.push(step) });
  /** The cost of a decision; it runs when the promise is resolved. */
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
    noteGood: (credentials: string): void => admission.noteGood({ credentials }),
    admitted,
    rejected,
    pass: (ms: number): void => {
      nowMs += ms;
    },
    setDecisionMs: (ms: number): void => {
      decisionMs = ms;
    },
    /** Runs what was deferred before, and what its promises do. */
    async turn(): Promise<void> {
      const steps = deferred;
      deferred = [];
      for (const step of steps) {
        step();
        await Promise.resolve();
        await Promise.resolve();
      }
    },
    isIdle: () => deferred.length === 0,
  };
}

describe("requests are admitted", () => {
  it("at once while there is time, without a promise", () => {
    const scene = createScene();
    scene.ask("1");
    scene.ask("2");
    expect(scene.admitted).toEqual(["1", "2"]);
  });

  it("in later turns after two milliseconds of one turn are used up, for four milliseconds in each", async () => {
    const scene = createScene();
    for (let index = 0; index < 12; index += 1) {
      scene.ask(String(index));
    }
    expect(scene.admitted).toHaveLength(2);
    await scene.turn();
    await scene.turn();
    expect(scene.admitted).toHaveLength(7); // Of one millisecond each; the last of them began within the four.
    await scene.turn();
    await scene.turn();
    expect(scene.admitted).toHaveLength(12);
    expect(scene.rejected).toEqual([]);
    await scene.turn();
    expect(scene.isIdle()).toBe(true);
  });

  it("of each client in turn", async () => {
    const scene = createScene();
    for (let index = 0; index < 6; index += 1) {
      scene.ask(`flood ${index}`, "flood");
    }
    scene.ask("good", "other");
    await scene.turn();
    await scene.turn();
    expect(scene.admitted.slice(2, 4)).toEqual(["flood 2", "good"]);
  });

  it("at once again when the queue is empty and a new turn has begun", async () => {
    const scene = createScene();
    for (let index = 0; index < 4; index += 1) {
      scene.ask(String(index));
    }
    while (!scene.isIdle()) {
      await scene.turn();
    }
    scene.ask("later");
    expect(scene.admitted.at(-1)).toBe("later");
  });

  it("even if reading took longer than a slice", async () => {
    const scene = createScene();
    scene.setDecisionMs(3);
    scene.ask("1");
    scene.ask("2");
    await scene.turn();
    scene.pass(50);
    await scene.turn();
    expect(scene.admitted).toEqual(["1", "2"]);
  });
});

const GOOD = `Bearer ${"good".repeat(12)}`;

describe("credentials that passed a moment ago", () => {
  const isHere = (): boolean => false;

  it("are served before a flood from the same address, which gets a quarter of the time", async () => {
    const scene = createScene();
    scene.ask("first");
    scene.ask("second");
    for (let index = 0; index < 40; index += 1) {
      scene.ask(`flood ${index}`);
    }
    scene.noteGood(GOOD);
    for (let index = 0; index < 12; index += 1) {
      scene.ask(`good ${index}`, "a", isHere, GOOD);
    }
    for (let turn = 0; turn < 8; turn += 1) {
      await scene.turn();
    }
    const served = scene.admitted.slice(2, 10);
    expect(served.filter((name) => name.startsWith("good"))).toHaveLength(6);
    expect(served.filter((name) => name.startsWith("flood"))).toHaveLength(2);
  });

  it.each<[what: string, credentials: string, good: string]>([
    ["others", `Bearer ${"other".repeat(10)}`, GOOD],
    ["any that are too short for a signature", "Bearer x", "Bearer x"],
  ])("do not make %s good", async (_, credentials, good) => {
    const scene = createScene();
    for (let index = 0; index < 8; index += 1) {
      scene.ask(`flood ${index}`);
    }
    scene.noteGood(good);
    scene.ask("other", "a", isHere, credentials);
    while (!scene.isIdle()) {
      await scene.turn();
    }
    expect(scene.admitted.at(-1)).toBe("other");
  });

  it("are forgotten after 8,192 other credentials", async () => {
    const scene = createScene();
    for (let index = 0; index < 8; index += 1) {
      scene.ask(`flood ${index}`);
    }
    scene.noteGood(GOOD);
    for (let index = 0; index < 8_192; index += 1) {
      scene.noteGood(`${GOOD}${index}`);
    }
    scene.ask("forgotten", "a", isHere, GOOD);
    while (!scene.isIdle()) {
      await scene.turn();
    }
    expect(scene.admitted.at(-1)).toBe("forgotten");
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
    for (let index = 0; index < 2_050; index += 1) {
      scene.ask(String(index));
    }
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
  await scene.turn();
  await scene.turn();
  expect(scene.admitted).toEqual(["first", "next"]);
  expect(scene.rejected).toEqual(["gone"]);
});
