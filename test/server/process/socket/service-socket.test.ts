import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { pidPathOf } from "../../../../plugin/server/launcher/control-messages.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";
import { findServer, findServers, isRunning, LAUNCHER, startOpen } from "../../launcher/launcher-scene.ts";
import { connectWorker, NO_HEADERS, playEvent } from "../../protocol/raw-worker.ts";
import {
  createPlace,
  loadFirst,
  OPEN_CONFIG,
  OPEN_POLICY,
  SERVER_MAIN,
  type ServerPlace,
  setPace,
} from "../../server-process.ts";
import { type ServiceManager, startServiceManager } from "../service-manager.ts";

/**
 * The byte after a server's last answer on a connection. After this byte, Kong does not use the connection again.
 */
const PARTING = 0xff;

async function startService(policy = OPEN_POLICY): Promise<{ place: ServerPlace; manager: ServiceManager }> {
  const place = createPlace();
  writeFileSync(join(place.policyRoot, "a.json"), policy);
  const server = [process.execPath, ...setPace("usual"), SERVER_MAIN];
  const options = ["--socket", place.socket, "--policy-root", place.policyRoot];
  const manager = await startServiceManager(place.socket, [...server, ...options]);
  onTestFinished(manager.stop);
  return { place, manager };
}

const waitForStarts = (manager: ServiceManager, times: number) =>
  expect.poll(() => manager.output().split(" listens on ").length).toBeGreaterThan(times);

/**
 * Sends one request in the same way as Kong. If the connection ends, or if the server does not know the instance, sends
 * the request again.
 */
async function judge({ socket }: ServerPlace): Promise<string> {
  for (;;) {
    const worker = await connectWorker(socket);
    const outcome = await worker
      .start(OPEN_CONFIG)
      .then(({ instanceStatus }) => playEvent(worker, instanceStatus?.instanceId ?? 0, NO_HEADERS))
      .catch((error: Error) => ({ ended: error.message }));
    worker.socket.destroy();
    if (outcome.ended !== "closed" && outcome.ended !== "failed") {
      return outcome.ended;
    }
  }
}

/** A service whose main process is the launcher. */
async function startLaunchedService(nodeOptions: readonly string[] = []): Promise<{
  place: ServerPlace;
  manager: ServiceManager;
  launcher: () => number;
}> {
  const place = createPlace();
  const options = ["--socket", place.socket, "--policy-root", place.policyRoot];
  const manager = await startServiceManager(place.socket, [
    process.execPath,
    ...setPace("usual"),
    ...nodeOptions,
    LAUNCHER,
    ...options,
  ]);
  onTestFinished(manager.stop);
  await waitForStarts(manager, 1);
  return { place, manager, launcher: () => findServer(place.socket, "jwt-policy-launcher.mjs") };
}

const findPid = ({ policyRoot }: ServerPlace): number => findServer(policyRoot);

describe("a server whose socket belongs to a service manager", () => {
  it("serves calls that came before it had started, even if a policy file is broken", async () => {
    const { place } = await startService("{}");
    expect(await judge(place)).toBe("proxied");
  });

  it("is restarted without a lost call: calls wait in the queue of the socket", async () => {
    const { place, manager } = await startService();
    await waitForStarts(manager, 1);
    for (let round = 1; round <= 2; round += 1) {
      const before = findPid(place);
      process.kill(before, "SIGTERM");
      while (isRunning(before)) {
        expect(await judge(place)).toBe("proxied");
      }
      expect(await judge(place)).toBe("proxied");
      await waitForStarts(manager, round + 1);
    }
    expect(manager.output()).toContain("jwt-policy ends: SIGTERM, nothing left to serve");
  });

  it("ends connections that are idle, so that Kong's next call goes to the queue", async () => {
    const { place, manager } = await startService();
    await waitForStarts(manager, 1);
    const idle = await connectWorker(place.socket);
    await idle.expectSilence();
    process.kill(findPid(place), "SIGTERM");
    await idle.closed;
    expect(await judge(place)).toBe("proxied");
  });

  it("is started again after SIGKILL, and new calls wait for it", async () => {
    const { place, manager } = await startService();
    await waitForStarts(manager, 1);
    process.kill(findPid(place), "SIGKILL");
    expect(await judge(place)).toBe("proxied");
  });

  it("listens by itself after the socket's file was removed", async () => {
    const { place, manager } = await startService();
    await waitForStarts(manager, 1);
    rmSync(place.socket);
    await waitForStarts(manager, 2);
    expect(await judge(place)).toBe("proxied");
  });
});

describe("a launched server whose socket belongs to a service manager", () => {
  it("is replaced by a new server when the launcher is restarted, and serves until the new server is ready", async () => {
    const { place, manager, launcher } = await startLaunchedService();
    for (let round = 1; round <= 2; round += 1) {
      const before = findServer(place.socket);
      process.kill(launcher(), "SIGTERM");
      while (isRunning(before)) {
        expect(await judge(place)).toBe("proxied");
      }
      await waitForStarts(manager, round + 1);
      expect(findServer(place.socket)).not.toBe(before);
    }
    expect(await judge(place)).toBe("proxied");
  });

  it("keeps the old server as long as a policy file is broken, and takes over when the file is corrected", async () => {
    // The clock of processes that start later jumps forward by an hour. If this wait had a limit, the new server would then
    // have waited too long. Pauses of five seconds or more would be stretched by `setPace`, so these processes pause a
    // little less.
    const folder = temporaryFolder(onTestFinished);
    const [mark, jump] = [join(folder, "later"), join(folder, "jump")];
    const hurry = `import { existsSync } from "node:fs";
      const now = performance.now.bind(performance);
      const start = setTimeout;
      if (existsSync(${JSON.stringify(mark)})) {
        let aheadMs = 0;
        setInterval(() => { aheadMs = existsSync(${JSON.stringify(jump)}) ? 3_600_000 : 0; }, 10).unref();
        performance.now = () => now() + aheadMs;
        globalThis.setTimeout = (task, ms, ...rest) => start(task, Math.min(ms, 4_999), ...rest);
      }`;
    const { place, manager, launcher } = await startLaunchedService(loadFirst(hurry));
    const before = findServer(place.socket);
    writeFileSync(mark, "");
    writeFileSync(join(place.policyRoot, "a.json"), "{}");
    process.kill(launcher(), "SIGTERM");
    await expect.poll(manager.output).toContain("a.json is refused; its routes answer 503");
    await expect.poll(() => findServers(place.socket).length).toBe(2);
    writeFileSync(jump, "");
    for (let round = 0; round < 50; round += 1) {
      expect(await judge(place)).toBe("proxied");
    }
    expect(manager.output().split(" listens on ")).toHaveLength(2);
    expect(isRunning(before)).toBe(true);
    writeFileSync(join(place.policyRoot, "a.json"), OPEN_POLICY);
    await expect.poll(() => isRunning(before)).toBe(false);
    expect(await judge(place)).toBe("proxied");
  });

  it("hands over as soon as the launcher of the new server asks, and not only when it looks for other servers itself", async () => {
    // The first launcher and its server never do the work that they do twice a second.
    const mark = join(temporaryFolder(onTestFinished), "later");
    const blind = `import { existsSync } from "node:fs";
      const start = setInterval;
      if (!existsSync(${JSON.stringify(mark)})) {
        globalThis.setInterval = (task, ms, ...rest) => start(task, ms === 500 ? 2 ** 30 : ms, ...rest);
      }`;
    const { place, launcher } = await startLaunchedService(loadFirst(blind));
    const before = findServer(place.socket);
    writeFileSync(mark, "");
    process.kill(launcher(), "SIGTERM");
    await expect.poll(() => isRunning(before)).toBe(false);
    expect(await judge(place)).toBe("proxied");
  });

  it("hands over although the launcher of the new server was killed before it could ask for that", async () => {
    const { place, launcher } = await startLaunchedService();
    const before = findServer(place.socket);
    const { worker, id } = await startOpen(place);
    process.kill(launcher(), "SIGTERM");
    await expect.poll(() => findServers(place.socket).length).toBe(2);
    const tooEarly = launcher();
    process.kill(tooEarly, "SIGSTOP");
    await expect.poll(() => readFileSync(pidPathOf(place.socket), "utf8")).not.toContain(`"pid":${before},`);
    process.kill(tooEarly, "SIGKILL");
    while (worker.chunks.at(-1)?.at(-1) !== PARTING) {
      expect((await playEvent(worker, id, NO_HEADERS)).ended).toBe("proxied");
    }
    await expect.poll(() => isRunning(before)).toBe(false);
    await expect.poll(() => findServers(place.socket).length).toBe(1);
    expect(await judge(place)).toBe("proxied");
  });

  it("is started again after SIGKILL, and new calls wait for it", async () => {
    const { place } = await startLaunchedService();
    const before = findServer(place.socket);
    process.kill(before, "SIGKILL");
    expect(await judge(place)).toBe("proxied");
    expect(findServer(place.socket)).not.toBe(before);
  });

  it("hands over to a new server when it gets SIGTERM itself", async () => {
    const { place } = await startLaunchedService();
    const before = findServer(place.socket);
    process.kill(before, "SIGTERM");
    while (isRunning(before)) {
      expect(await judge(place)).toBe("proxied");
    }
    expect(await judge(place)).toBe("proxied");
  });

  it("ends when its service manager and the launcher have ended", async () => {
    const { place, manager } = await startLaunchedService();
    await manager.stop();
    await expect.poll(() => findServers(place.socket)).toEqual([]);
  });
});
