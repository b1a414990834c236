import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stderrPathOf } from "../../../plugin/server/launcher/control-messages.ts";
import { findServer, runLauncher, startLauncher } from "../launcher/launcher-scene.ts";
import { createPlace, loadFirst, runNode, SERVER_MAIN } from "../server-process.ts";

/** Writes the time of each timer to the error output. The timers of threads are not written. */
const RECORD = loadFirst(`
  import { writeSync } from "node:fs";
  import { isMainThread } from "node:worker_threads";
  const say = (start, name) => (task, ms, ...rest) => {
    writeSync(2, name + " " + ms + " ms\\n");
    return start(task, ms, ...rest);
  };
  if (isMainThread) {
    globalThis.setInterval = say(setInterval, "every");
    globalThis.setTimeout = say(setTimeout, "once");
  }`);

const timesIn = (text: string, name: "every" | "once"): readonly number[] =>
  [...text.matchAll(new RegExp(`^${name} (\\d+) ms$`, "gm"))].map(([, ms]) => Number(ms)).sort((a, b) => a - b);
const readErrors = (socket: string): string =>
  existsSync(stderrPathOf(socket)) ? readFileSync(stderrPathOf(socket), "utf8") : "";

const SIGN_OF_LIFE_MS = 200;
const LOOK_MS = 500;
/**
 * The periodic work of each server: it resets the watchdog, checks whether Kong still runs, and checks who owns the
 * socket.
 */
const SERVER = [SIGN_OF_LIFE_MS, LOOK_MS, LOOK_MS];
/** Work that only saves memory: the server releases unused policies, and drops unused plugin instances. */
const RARELY = [30_000, 600_000];
/** No other timer of these processes is as short as the time before their end. */
const SHORT_MS = 50;

describe("the periodic work of a process without requests", () => {
  it("of a server is five tasks, and the most frequent task runs five times a second", async () => {
    const { socket, policyRoot } = createPlace();
    const server = runNode([...RECORD, SERVER_MAIN, "--socket", socket, "--policy-root", policyRoot]);
    await server.waitForOutput("listens on");
    expect(timesIn(server.stderr(), "every")).toEqual([...SERVER, ...RARELY]);
    server.child.kill("SIGINT");
    await server.ended;
    const before = timesIn(server.stderr(), "once").filter((ms) => ms <= SHORT_MS);
    expect(before, "it ends at once").toEqual([0]);
  });

  it("of a launcher is to look for its parent twice a second, and to ping its server each second", async () => {
    const place = createPlace();
    const launcher = await runLauncher(place, [], RECORD);
    expect(timesIn(launcher.stderr(), "every")).toEqual([LOOK_MS, 1_000]);
    expect(timesIn(readErrors(place.socket), "every"), "this server also looks for a newer server").toEqual([
      ...SERVER,
      LOOK_MS,
      ...RARELY,
    ]);
    const ended = readErrors(place.socket).length;
    process.kill(findServer(place.socket), "SIGINT");
    await launcher.waitForOutput("jwt-policy ends: SIGINT");
    const last = (): readonly number[] =>
      timesIn(readErrors(place.socket).slice(ended), "once").filter((ms) => ms <= SHORT_MS);
    await expect.poll(last, { message: "it waits until the launcher has read its last message" }).toEqual([SHORT_MS]);
  });

  it("of a server with wrong settings is to read them again each second", async () => {
    const place = createPlace();
    const file = join(place.directory, "fetch.yaml");
    writeFileSync(file, "fetch_settings: 2\n");
    const launcher = startLauncher(place, ["--fetch-settings", file], RECORD);
    await launcher.waitForOutput("the plugin server cannot judge requests");
    await launcher.waitForOutput("listens on");
    const countTries = (): number => timesIn(readErrors(place.socket), "once").filter((ms) => ms === 1_000).length;
    await expect.poll(countTries).toBeGreaterThan(1);
    expect(timesIn(readErrors(place.socket), "every")).not.toContain(RARELY[0]);
  });
});
