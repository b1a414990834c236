import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stderrPathOf } from "../../../plugin/server/launcher/control-messages.ts";
import { findFreePort } from "../../gateways/free-port.ts";
import { NO_HEADERS, playEvent } from "../protocol/raw-worker.ts";
import { createPlace, loadFirst, type ServerPlace, setPace } from "../server-process.ts";
import {
  expectServing,
  findServer,
  findServers,
  isRunning,
  runLauncher,
  startLauncher,
  startOpen,
  waitForReplacement,
} from "./launcher-scene.ts";

describe("a launcher", () => {
  it("starts the server, prints its log, and leaves files that only this user can use", async () => {
    const place = createPlace();
    const launcher = await runLauncher(place);
    expect(launcher.stdout()).toContain(
      `jwt-policy 0.1.0 listens on ${place.socket}, policies under ${place.policyRoot}`,
    );
    await expectServing(place);
    const own = readdirSync(place.directory).filter((name) => name.startsWith("s"));
    expect(own.filter((name) => (statSync(join(place.directory, name)).mode & 0o777) !== 0o600)).toEqual([]);
  });

  it.each<[signal: NodeJS.Signals, end: object]>([
    ["SIGTERM", { code: 0, signal: null }],
    ["SIGKILL", { code: null, signal: "SIGKILL" }],
  ])("leaves its server running at %s, and the next launcher keeps it", async (signal, end) => {
    const place = createPlace();
    const first = await runLauncher(place);
    const server = findServer(place.socket);
    const { worker, id } = await startOpen(place);
    first.child.kill(signal);
    expect(await first.ended).toEqual(end);
    expect((await playEvent(worker, id, NO_HEADERS)).ended).toBe("proxied");
    const second = startLauncher(place);
    await second.waitForOutput(
      `the plugin server already runs as process ${server}; this launcher stays attached to it`,
    );
    expect((await playEvent(worker, id, NO_HEADERS)).ended).toBe("proxied");
    expect(findServers(place.socket)).toEqual([server]);
  });

  it("attaches while the previous launcher still runs, as during a reload, and then prints the log", async () => {
    const place = createPlace();
    const first = await runLauncher(place);
    const server = findServer(place.socket);
    const second = startLauncher(place);
    await second.waitForOutput("this launcher stays attached to it");
    first.child.kill("SIGKILL");
    await first.ended;
    process.kill(server, "SIGHUP");
    await second.waitForOutput("all keys are loaded again");
    expect(findServer(place.socket)).toBe(server);
  });

  it("replaces a server with other options: the new server takes over, the old server ends, and no request is lost", async () => {
    const place = createPlace();
    const first = await runLauncher(place);
    const before = findServer(place.socket);
    const second = startLauncher(place, ["--policy-poll", "50"]);
    let isOver = false;
    const listening = second.waitForOutput("listens on").then(() => {
      isOver = true;
    });
    while (!isOver) {
      await expectServing(place);
    }
    await listening;
    await waitForReplacement(place.socket, before);
    await expectServing(place);
    await first.waitForOutput("this launcher stays attached to it"); // The old launcher does not start the old server again.
    expect(isRunning(before)).toBe(false);
  });

  it("keeps the old server while a new server is not ready, and Kong's log has the warnings of the new server", async () => {
    const place = createPlace();
    await runLauncher(place);
    const before = findServer(place.socket);
    writeFileSync(join(place.policyRoot, "a.yaml"), "broken");
    const second = startLauncher(place, ["--policy-poll", "50"]);
    await second.waitForOutput("a.yaml is refused");
    const { worker, id } = await startOpen(place);
    await expect
      .poll(async () => {
        const { calls } = await playEvent(worker, id, NO_HEADERS);
        return calls.some(({ method, args }) => method === "kong.log.warn" && args.includes("next server"));
      })
      .toBe(true);
    expect(findServers(place.socket)).toContain(before);
    rmSync(join(place.policyRoot, "a.yaml"));
    await second.waitForOutput("listens on");
    await waitForReplacement(place.socket, before);
  });

  it("ends with its server, so that Kong starts it again", async () => {
    const place = createPlace();
    const launcher = await runLauncher(place);
    process.kill(findServer(place.socket), "SIGKILL");
    expect(await launcher.ended).toEqual({ code: 1, signal: null });
    expect(launcher.stderr()).toContain("a signal has killed the plugin server");
    await runLauncher(place);
    await expectServing(place);
  });

  it("starts a new server at once when its server gets SIGTERM, and the new server takes over", async () => {
    const place = createPlace();
    const launcher = await runLauncher(place);
    const before = findServer(place.socket);
    process.kill(before, "SIGTERM");
    await launcher.waitForOutput("the plugin server ends: SIGTERM");
    // If no calls come, the old server waits only 3 seconds for the new server.
    await expect.poll(() => launcher.stdout().match(/ listens on /g)).toHaveLength(2);
    await waitForReplacement(place.socket, before);
    expect(launcher.child.exitCode).toBeNull();
    await expectServing(place);
  });

  it("that starts at the same time as others results in one server, which all launchers keep", async () => {
    const place = createPlace();
    const launchers = Array.from({ length: 4 }, () => startLauncher(place));
    for (const { stdout } of launchers) {
      await expect.poll(stdout).toMatch(/ listens on |this launcher stays attached to it/);
    }
    await expect.poll(() => findServers(place.socket)).toHaveLength(1);
    await expectServing(place);
    const server = findServer(place.socket);
    const ended = launchers.filter(({ child }) => child.exitCode !== null);
    expect(ended.map(({ stdout, stderr }) => [stdout(), stderr()])).toEqual([]);
    launchers[0]?.child.kill("SIGTERM");
    await expectServing(place);
    expect(findServers(place.socket)).toEqual([server]);
  });

  it("attaches to no control socket that answers differently from our server", async () => {
    const place = createPlace();
    const foreign = createServer((socket) => socket.on("error", () => {}).end("HTTP/1.1 400\r\n\r\n"));
    await new Promise<void>((resolve) => foreign.listen(`${place.socket}.control`, resolve));
    await runLauncher(place);
    await expectServing(place);
    foreign.close();
  });

  it("starts a server even if the control socket cannot be made, and says so", async () => {
    const place = createPlace();
    mkdirSync(join(`${place.socket}.control`, "in-the-way"), { recursive: true });
    const launcher = await runLauncher(place);
    await launcher.waitForOutput("warning: no launcher can reach the server");
    await expectServing(place);
  });

  it.each<[what: string, prepare: (place: ServerPlace) => void]>([
    ["a file", ({ socket }) => writeFileSync(`${socket}.control`, "")],
    ["a note of a process that is gone", ({ socket }) => writeFileSync(`${socket}.pid`, '{"pid":1,"startedAt":"1"}')],
    ["junk in place of the note", ({ socket }) => writeFileSync(`${socket}.pid`, "junk")],
  ])("is not misled by %s", async (_what, prepare) => {
    const place = createPlace();
    prepare(place);
    await runLauncher(place);
    await expectServing(place);
  });
});

describe("a launched server", () => {
  it("ends at once when its launcher gets SIGINT, for example after Ctrl-C, and the launcher reports no error", async () => {
    const place = createPlace();
    const launcher = await runLauncher(place, [], setPace("slow")); // So the server does not end just because no launcher is attached.
    launcher.child.kill("SIGINT");
    expect(await launcher.ended).toEqual({ code: 0, signal: null });
    expect(launcher.stderr()).toBe("");
    await expect.poll(() => findServers(place.socket)).toEqual([]);
  });

  it("keeps running when one of two launchers gets SIGINT", async () => {
    const place = createPlace();
    const first = await runLauncher(place);
    const server = findServer(place.socket);
    const second = startLauncher(place);
    await second.waitForOutput("this launcher stays attached to it");
    first.child.kill("SIGINT");
    expect(await first.ended).toEqual({ code: 0, signal: null });
    await expectServing(place);
    expect(findServer(place.socket)).toBe(server);
  });

  it("refuses all requests with the reason while it cannot judge, and judges after the reason is gone", async () => {
    const place = createPlace();
    renameSync(place.policyRoot, `${place.policyRoot}-elsewhere`);
    const launcher = await runLauncher(place);
    const { worker, id } = await startOpen(place);
    const refused = await playEvent(worker, id, NO_HEADERS);
    expect(refused.exit?.status).toBe(500);
    const line = refused.calls.find(({ method }) => method === "kong.log.err")?.args.toString();
    expect(line).toContain(
      `the plugin server cannot judge requests: --policy-root ${place.policyRoot} is not a directory`,
    );
    renameSync(`${place.policyRoot}-elsewhere`, place.policyRoot);
    await launcher.waitForOutput("the plugin server ends: the settings are valid now");
    await expect
      .poll(async () => {
        const { worker: next, id: nextId } = await startOpen(place);
        return (await playEvent(next, nextId, NO_HEADERS)).ended;
      })
      .toBe("proxied");
  });

  it("refuses all requests until each of its settings files is corrected and the log can be opened, and then starts again", async () => {
    const place = createPlace();
    const files = ["fetch-settings", "decision-log", "abuse"].map((name) => ({
      option: `--${name}`,
      path: join(place.directory, name),
    }));
    for (const { path } of files) {
      writeFileSync(path, "{}");
    }
    // The server looks each second whether its settings are valid. In this test, the server waits 20 ms between looks,
    // and the test records each look.
    const eager = `const start = setTimeout;
      globalThis.setTimeout = (task, ms, ...rest) => {
        if (ms === 1_000) { process.stderr.write("look\\n"); }
        return start(task, ms === 1_000 ? 20 : ms, ...rest);
      };`;
    const options = ["--facts-variable", ...files.flatMap(({ option, path }) => [option, path])];
    const launcher = startLauncher(place, options, loadFirst(eager));
    const looks = () => readFileSync(stderrPathOf(place.socket), "utf8").split("look").length;
    const logs = join(place.directory, "logs");
    const good = [{ fetch_settings: 1 }, { decision_log: 1, to: join(logs, "log") }, { abuse: 1 }];
    const expectMoreLooks = async (): Promise<void> => {
      const before = looks();
      await expect.poll(looks).toBeGreaterThan(before + 3);
      expect(launcher.stdout()).not.toContain("the plugin server ends");
    };
    for (const [index, { path }] of files.entries()) {
      await launcher.waitForOutput("the plugin server cannot judge requests: ");
      await expectMoreLooks();
      writeFileSync(path, JSON.stringify(good[index]));
    }
    await expectMoreLooks(); // The directory of the decision log is still missing.
    mkdirSync(logs);
    await launcher.waitForOutput("the plugin server ends: the settings are valid now");
    await launcher.waitForOutput("listens on");
    await expect.poll(() => findServers(place.socket).length).toBe(1);
  });

  it("with wrong settings leaves the requests to the old server, and says on its status address that it is not ready", async () => {
    const place = createPlace();
    await runLauncher(place);
    const before = findServer(place.socket);
    const file = join(place.directory, "fetch");
    writeFileSync(file, "{}");
    const address = `127.0.0.1:${await findFreePort()}`;
    const second = startLauncher(place, ["--fetch-settings", file, "--status-listen", address]);
    await second.waitForOutput("the plugin server cannot judge requests: ");
    await second.waitForOutput("status is served on");
    const ask = (path: string) => fetch(`http://${address}/status${path}`).then((answer) => answer.json());
    const reasons = [expect.stringContaining("fetch_settings")];
    expect(await ask("/ready")).toEqual({ message: "not ready", reasons });
    const nothing = { policies: [], keys: [], judged: [], would_have_denied: [], rejections: [] };
    expect(await ask("")).toMatchObject({ ready: false, reasons, ...nothing });
    for (let round = 0; round < 30; round += 1) {
      await expectServing(place);
    }
    expect(second.stdout()).not.toContain("listens on");
    expect(findServers(place.socket)).toContain(before);
  });

  it("says why it cannot start if its directory is not writable", async () => {
    if (process.getuid?.() === 0) {
      return; // Nothing restricts root.
    }
    const place = createPlace();
    chmodSync(place.directory, 0o500);
    const launcher = startLauncher(place);
    expect(await launcher.ended).toEqual({ code: 2, signal: null });
    chmodSync(place.directory, 0o700);
    expect(launcher.stderr()).toContain("EACCES");
  });
});
