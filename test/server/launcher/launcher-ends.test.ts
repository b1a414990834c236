import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { stderrPathOf } from "../../../plugin/server/launcher/control-messages.ts";
import { createPlace, loadFirst, setPace } from "../server-process.ts";
import {
  expectServing,
  findServer,
  findServers,
  isRunning,
  runLauncher,
  startLauncher,
  waitForReplacement,
} from "./launcher-scene.ts";

/** A process that only waits. It plays the part of the Kong worker that started the launcher. */
async function startParent(): Promise<{ pid: number; end(): Promise<void> }> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  const ended = once(child, "exit");
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  return {
    pid: child.pid ?? 0,
    async end() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

describe("the parent of a launcher", () => {
  it("ends the launcher with it, even by SIGKILL", async () => {
    const parent = await startParent();
    const launcher = await runLauncher(createPlace(), ["--parent", String(parent.pid)]);
    await parent.end();
    expect(await launcher.ended).toEqual({ code: 0, signal: null });
    expect(launcher.stderr()).toBe("");
  });

  it("that has ended before the launcher started gets no server", async () => {
    const place = createPlace();
    const parent = await startParent();
    await parent.end();
    const launcher = startLauncher(place, ["--parent", String(parent.pid)]);
    expect(await launcher.ended).toEqual({ code: 0, signal: null });
    expect([launcher.stdout(), existsSync(stderrPathOf(place.socket))]).toEqual(["", false]);
  });
});

/** Writes how long the main thread waits, whenever it waits, to the error output. */
const SAY_WAITS = loadFirst(`
  import { writeSync } from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  import timers from "node:timers/promises";
  const wait = timers.setTimeout;
  timers.setTimeout = (ms, ...rest) => {
    writeSync(2, "waits " + Math.ceil(ms) + " ms\\n");
    return wait(ms, ...rest);
  };
  syncBuiltinESMExports();`);

describe("a launcher", () => {
  it("passes SIGHUP on to its server, and stays", async () => {
    const place = createPlace();
    const launcher = await runLauncher(place);
    const server = findServer(place.socket);
    for (const times of [1, 2]) {
      launcher.child.kill("SIGHUP");
      await expect.poll(() => launcher.stdout().match(/SIGHUP: all keys are loaded again/g)).toHaveLength(times);
    }
    expect(findServer(place.socket)).toBe(server);
  });

  it.each<[signal: string, end: object | undefined]>([
    ["SIGINT", { code: 0, signal: null }],
    ["SIGHUP", undefined],
  ])("that gets %s before it has a server ends only at SIGINT", async (signal, end) => {
    const early = loadFirst(`
      const on = process.on.bind(process);
      process.on = (event, listener) => {
        on(event, listener);
        if (event === "SIGHUP") {
          process.emit("${signal}");
        }
      };`);
    const launcher = startLauncher(createPlace(), [], early);
    if (end === undefined) {
      await launcher.waitForOutput("listens on");
    } else {
      expect(await launcher.ended).toEqual(end);
      expect(launcher.stdout()).toBe("");
    }
    expect(launcher.stderr()).toBe("");
  });

  it("does not keep the file of its server's error output open", async () => {
    const place = createPlace();
    const launcher = await runLauncher(place);
    const folder = `/proc/${launcher.child.pid}/fd`;
    const open = readdirSync(folder).flatMap((descriptor) => {
      try {
        return [readlinkSync(join(folder, descriptor))];
      } catch {
        return []; // Closed in the meantime.
      }
    });
    expect(open).not.toContain(stderrPathOf(place.socket));
  });

  it("shares its error output with its server if the server's own file cannot be created", async () => {
    const place = createPlace();
    mkdirSync(join(stderrPathOf(place.socket), "in-the-way"), { recursive: true });
    const crash = 'process.on("SIGUSR2", () => { console.error("out of memory"); process.exit(7); });';
    const launcher = await runLauncher(place, [], loadFirst(crash));
    process.kill(findServer(place.socket), "SIGUSR2");
    expect((await launcher.ended).code).toBe(7);
    expect(launcher.stderr()).toBe("out of memory\njwt-policy: the plugin server has ended with status 7\n");
  });

  it("replaces its server even if no process reads its output, for example after the end of Kong's worker", async () => {
    const place = createPlace();
    const launcher = await runLauncher(place);
    const before = findServer(place.socket);
    launcher.child.stdout?.destroy();
    launcher.child.stderr?.destroy();
    process.kill(before, "SIGTERM"); // The launcher prints this.
    await waitForReplacement(place.socket, before);
    await expectServing(place);
    expect(launcher.child.exitCode).toBeNull();
  });

  it("waits a second before it starts a server again, so that a server that ends at once does not fill the log", async () => {
    const place = createPlace();
    const launcher = await runLauncher(place, [], [...setPace("slow"), ...SAY_WAITS]); // By its clock, hardly any time has passed since the start.
    const before = findServer(place.socket);
    const since = performance.now();
    process.kill(before, "SIGTERM");
    await expect.poll(() => findServers(place.socket).some((pid) => pid !== before)).toBe(true);
    expect(performance.now() - since).toBeGreaterThan(900);
    const waits = [...launcher.stderr().matchAll(/waits (\d+) ms/g)].map(([, ms]) => Number(ms));
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeLessThanOrEqual(1_000);
    expect(launcher.stdout()).toContain("the plugin server ends: SIGTERM");
  });

  it("ends with the status and the last words of a server that cannot listen", async () => {
    const place = createPlace();
    mkdirSync(place.socket);
    const launcher = startLauncher(place);
    expect(await launcher.ended).toEqual({ code: 2, signal: null });
    expect(launcher.stderr()).toMatch(
      /^jwt-policy: the plugin server has ended with status 2\njwt-policy: jwt-policy: EISDIR.*\n$/,
    );
  });

  it("says why it cannot start a server, for example because Node was removed", async () => {
    const launcher = startLauncher(createPlace(), [], loadFirst('process.execPath = "/absent/node";'));
    expect(await launcher.ended).toEqual({ code: 2, signal: null });
    expect(launcher.stderr()).toBe("jwt-policy: the plugin server cannot be started: spawn /absent/node ENOENT\n");
  });

  it("prints the last words of a server that crashed, also if another launcher had started that server", async () => {
    const place = createPlace();
    const crash = 'process.on("SIGUSR2", () => { console.error("out of\\nmemory"); process.exit(7); });';
    const first = startLauncher(place, [], loadFirst(crash));
    await first.waitForOutput("listens on");
    const second = startLauncher(place, [], loadFirst(crash));
    await second.waitForOutput("this launcher stays attached to it");
    process.kill(findServer(place.socket), "SIGUSR2");
    const [one, two] = await Promise.all([first.ended, second.ended]);
    expect([one.code, two.code]).toEqual([7, 1]);
    const words = "jwt-policy: out of\njwt-policy: memory\n";
    expect(first.stderr()).toBe(`jwt-policy: the plugin server has ended with status 7\n${words}`);
    expect(second.stderr()).toBe(`jwt-policy: the plugin server has died\n${words}`);
  });
});

describe("a server that hangs", () => {
  /**
   * Sends at once all the pings after which a server counts as hanging. So the tests need not wait for seven seconds.
   */
  const PINGS = `
    const start = setInterval;
    let ping;
    const sendAll = () => { for (let count = 0; count < 7; count += 1) ping(); };
    globalThis.setInterval = (task, ms) => {
      if (ms === 1000 && ping === undefined) {
        ping = task;
        setTimeout(onFirst, 100);
      }
      return start(task, ms);
    };`;

  it("is killed by its launcher, which ends, so that Kong starts both again", async () => {
    const place = createPlace();
    const launcher = startLauncher(
      place,
      [],
      loadFirst(`${PINGS} const onFirst = () => {}; process.on("SIGUSR2", sendAll);`),
    );
    await launcher.waitForOutput("listens on");
    const server = findServer(place.socket);
    process.kill(server, "SIGSTOP");
    launcher.child.kill("SIGUSR2");
    expect((await launcher.ended).code).toBe(1);
    expect(launcher.stdout()).toContain("the plugin server does not answer: it is killed");
    expect(isRunning(server)).toBe(false);
  });

  it("is killed and replaced by a launcher that finds it, although it has never answered this launcher", async () => {
    const place = createPlace();
    const first = await runLauncher(place);
    const server = findServer(place.socket);
    process.kill(server, "SIGSTOP");
    first.child.kill("SIGKILL");
    const second = startLauncher(place, [], loadFirst(`${PINGS} const onFirst = sendAll;`));
    await second.waitForOutput("the plugin server does not answer: it is killed");
    await second.waitForOutput("listens on");
    expect(isRunning(server)).toBe(false);
    await expectServing(place);
  });
});
