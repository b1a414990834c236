import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { manageLifecycle } from "../../../plugin/server/process/lifecycle.ts";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;
const before = SIGNALS.map((signal) => process.listeners(signal));
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  for (const [index, signal] of SIGNALS.entries()) {
    const added = process.listeners(signal).filter((listener) => !before[index]?.includes(listener));
    for (const listener of added) {
      process.off(signal, listener);
    }
  }
});

/** The life cycle of a process, and the steps of the process in order. */
function createScene() {
  const state: { reason?: string | undefined; done?: string | undefined } = {};
  const events: string[] = [];
  const say = (text: string) => void events.push(text);
  const lifecycle = manageLifecycle({
    findReasonToEnd: () => state.reason,
    onFinal: (reason) => say(`final: ${reason}`),
    drain: () => {
      say("drain");
      return state.done;
    },
    resume: () => say("resume"),
    exit: (reason) => say(`exit: ${reason}`),
  });
  /** The events of some milliseconds. */
  const pass = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms);
    return events.splice(0);
  };
  const send = (signal: (typeof SIGNALS)[number]) => process.listeners(signal).at(-1)?.(signal);
  return { state, lifecycle, pass, send };
}

describe("a process", () => {
  it("that is needed looks every half second, and does nothing", async () => {
    const { state, lifecycle, pass } = createScene();
    expect(await pass(5_000)).toEqual([]);
    state.reason = "no parent";
    expect([await pass(499), lifecycle.isEnding()]).toEqual([[], false]);
    expect([await pass(1), lifecycle.isEnding()]).toEqual([[], true]);
  });

  it("that is no longer needed drains every 100 ms, and exits once when nothing is left", async () => {
    const { state, lifecycle, pass } = createScene();
    state.reason = "no parent";
    lifecycle.look();
    expect([await pass(99), await pass(1), await pass(100)]).toEqual([[], ["drain"], ["drain"]]);
    state.done = "nothing left";
    expect(await pass(1_000)).toEqual(["drain", "exit: no parent, nothing left"]);
    state.reason = undefined;
    expect([await pass(1_000), lifecycle.isEnding()]).toEqual([[], true]);
  });

  it("that is needed again resumes, drains no more, and can end a second time", async () => {
    const { state, lifecycle, pass } = createScene();
    state.reason = "no parent";
    lifecycle.look();
    state.reason = undefined;
    lifecycle.look();
    expect([await pass(1_000), lifecycle.isEnding()]).toEqual([["resume"], false]);
    state.reason = "another reason";
    state.done = "nothing left";
    lifecycle.look();
    lifecycle.look();
    expect(await pass(1_000)).toEqual(["drain", "exit: another reason, nothing left"]);
  });

  it("that must end is never needed again, and logs its end once", async () => {
    const { state, lifecycle, pass, send } = createScene();
    send("SIGTERM");
    lifecycle.end("later");
    lifecycle.look();
    expect([await pass(100), lifecycle.isEnding()]).toEqual([["final: SIGTERM", "drain"], true]);
    state.done = "nothing left";
    expect(await pass(1_000)).toEqual(["drain", "exit: SIGTERM, nothing left"]);
  });

  it("that already drains keeps its reason when it must end", async () => {
    const { state, lifecycle, pass } = createScene();
    state.reason = "no parent";
    lifecycle.look();
    lifecycle.end("taken over");
    state.done = "nothing left";
    expect(await pass(200)).toEqual(["final: taken over", "drain", "exit: no parent, nothing left"]);
  });

  it("that gets SIGINT exits at once, after its last tasks, and waits for each at most as long as the task may take", async () => {
    const { lifecycle, pass, send } = createScene();
    const done: string[] = [];
    lifecycle.beforeExit(300, async () => void done.push("one"));
    lifecycle.beforeExit(500, () => new Promise(() => done.push("hangs")));
    lifecycle.beforeExit(500, () => Promise.reject(new Error("broken")));
    send("SIGINT");
    expect([await pass(499), done]).toEqual([[], ["one", "hangs"]]);
    expect([await pass(1), lifecycle.isEnding()]).toEqual([["exit: SIGINT"], false]);
  });
});
