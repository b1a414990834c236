import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { stderrPathOf } from "../../../plugin/server/launcher/control-messages.ts";
import { runLauncher } from "../launcher/launcher-scene.ts";
import { createPlace, loadFirst, runNode, SERVER_MAIN } from "../server-process.ts";

/** Writes the period of each timer that repeats to the error output. The timers of threads are left out. */
const RECORD = loadFirst(`
  import { writeSync } from "node:fs";
  import { isMainThread } from "node:worker_threads";
  if (isMainThread) {
    const start = setInterval;
    globalThis.setInterval = (task, ms, ...rest) => {
      writeSync(2, "every " + ms + " ms\\n");
      return start(task, ms, ...rest);
    };
  }`);

const periodsIn = (text: string): readonly number[] =>
  [...text.matchAll(/every (\d+) ms/g)].map(([, ms]) => Number(ms)).sort((a, b) => a - b);

const SIGN_OF_LIFE_MS = 200;
const LOOK_MS = 500;
/** The work of each server: lets the watchdog live, asks whether Kong still runs, and follows the owner of the socket. */
const SERVER = [SIGN_OF_LIFE_MS, LOOK_MS, LOOK_MS];
/** The work that saves only memory: the server releases unused policies, and forgets unused plugin instances. */
const RARELY = [30_000, 600_000];

describe("the periodic work of a process without requests", () => {
  it("of a server is five tasks, and the most frequent task runs five times a second", async () => {
    const { socket, policyRoot } = createPlace();
    const server = runNode([...RECORD, SERVER_MAIN, "--socket", socket, "--policy-root", policyRoot]);
    await server.waitForOutput("listens on");
    expect(periodsIn(server.stderr())).toEqual([...SERVER, ...RARELY]);
  });

  it("of a launcher is to look for its parent twice a second, and to ping its server each second", async () => {
    const place = createPlace();
    const launcher = await runLauncher(place, [], RECORD);
    expect(periodsIn(launcher.stderr())).toEqual([LOOK_MS, 1_000]);
    const server = periodsIn(readFileSync(stderrPathOf(place.socket), "utf8"));
    expect(server, "this server also looks for a newer server").toEqual([...SERVER, LOOK_MS, ...RARELY]);
  });
});
