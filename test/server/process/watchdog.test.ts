import { expect, it } from "vitest";
import { countSilence } from "../../../plugin/server/process/watchdog-thread.ts";
import { createPlace, loadFirst, runNode, runScript, SERVER_MAIN } from "../server-process.ts";

const LIMIT_MS = 1_000;
const STARTED = `
  import { startWatchdog } from "./watchdog.js";
  startWatchdog(${LIMIT_MS});
  const block = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  console.log("ready");`;

it("kills a process whose event loop is blocked, and says so", async () => {
  const script = runScript(`${STARTED} block(100_000); console.log("survived");`);
  expect(await script.ended).toEqual({ code: null, signal: "SIGKILL" });
  expect(script.stdout()).toBe("ready\n");
  expect(script.stderr()).toBe(`watchdog: the event loop was blocked for ${LIMIT_MS} ms, so the process ends\n`);
});

it("also kills it if no process reads its standard error", async () => {
  const script = runScript(`${STARTED} block(100_000);`);
  script.child.stderr?.destroy();
  expect(await script.ended).toEqual({ code: null, signal: "SIGKILL" });
});

it("kills a process that sleeps inside a synchronous call", async () => {
  const script = runScript(`${STARTED} Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100_000);`);
  expect(await script.ended).toEqual({ code: null, signal: "SIGKILL" });
});

it("kills a plugin server whose event loop is blocked for three seconds", async () => {
  const { socket, policyRoot } = createPlace();
  const block = loadFirst('process.on("SIGUSR2", () => { for (;;); });');
  const server = runNode([...block, SERVER_MAIN, "--socket", socket, "--policy-root", policyRoot]);
  await server.waitForOutput("listens on");
  server.child.kill("SIGUSR2");
  expect(await server.ended).toEqual({ code: null, signal: "SIGKILL" });
  expect(server.stderr()).toBe("watchdog: the event loop was blocked for 3000 ms, so the process ends\n");
});

it("does not kill a process that is busy for twice the limit, in short turns", async () => {
  const turns = 30;
  const script = runScript(`${STARTED}
    for (let turn = 0; turn < ${turns}; turn += 1) { block(${(2 * LIMIT_MS) / turns}); await sleep(0); }
    console.log("done");
    process.exit(0);`);
  expect(await script.ended).toEqual({ code: 0, signal: null });
  expect(script.stdout()).toBe("ready\ndone\n");
});

it("does not keep a finished process alive", async () => {
  const script = runScript(STARTED);
  expect(await script.ended).toEqual({ code: 0, signal: null });
});

it.each<[what: string, hasBeaten: boolean, waitedMs: number, silentMs: number]>([
  ["grows by each check without a beat", false, 200, 1_200],
  ["grows also if the check came late", false, 1_000, 1_200],
  ["ends with a beat", true, 200, 0],
  ["starts to count again if the whole machine was paused, because then no process could send a beat", false, 1_001, 0],
])("the silence %s", (_what, hasBeaten, waitedMs, silentMs) => {
  expect(countSilence(1_000, hasBeaten, waitedMs)).toBe(silentMs);
});
