import { renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { identifySocket } from "../../../../plugin/server/process/listen.ts";
import { connectWorker, NO_HEADERS, type Outcome, playEvent } from "../../protocol/raw-worker.ts";
import {
  createPlace,
  OPEN_POLICY,
  probeSocket,
  type RunningProcess,
  runServer,
  type ServerPlace,
  startServer,
} from "../../server-process.ts";

const POLL = ["--policy-poll", "50"];

function writePolicy({ directory, policyRoot }: ServerPlace, file: string, text: string): void {
  writeFileSync(join(directory, "new"), text);
  renameSync(join(directory, "new"), join(policyRoot, file));
}

/** Sends one request to a route with this policy file, over a new connection and with a new instance. */
async function request({ socket }: ServerPlace, file: string): Promise<Outcome> {
  const worker = await connectWorker(socket);
  const { instanceStatus } = await worker.start(JSON.stringify({ policy_file: file, rule: "open", __plugin_id: file }));
  const outcome = await playEvent(worker, instanceStatus?.instanceId ?? 0, NO_HEADERS);
  worker.socket.destroy();
  return outcome;
}

const statusOf = ({ ended, exit }: Outcome): string => (ended === "exited" ? `${exit?.status}` : ended);
const answersOf = async (place: ServerPlace): Promise<string[]> => [
  statusOf(await request(place, "good.json")),
  statusOf(await request(place, "bad.json")),
];

async function setUpGood(): Promise<ServerPlace> {
  const place = createPlace();
  writePolicy(place, "good.json", OPEN_POLICY);
  writePolicy(place, "bad.json", OPEN_POLICY);
  return place;
}

/** A running process with good versions, and a new process that finds a broken file. */
async function setUpBroken(): Promise<{ place: ServerPlace; old: RunningProcess; fresh: RunningProcess }> {
  const place = await setUpGood();
  const old = await runServer(place, POLL);
  expect(await answersOf(place)).toEqual(["proxied", "proxied"]);
  writePolicy(place, "bad.json", "{}");
  await old.waitForOutput("bad.json is refused; the last good version stays in effect");
  const fresh = startServer(place, POLL, "fast"); // If the new process's wait had a limit, it would soon have waited too long.
  await fresh.waitForOutput("bad.json is refused; its routes answer 503");
  return { place, old, fresh };
}

describe("a new process beside a live process, with a broken policy file", () => {
  it("leaves the socket to the old process, which continues with its last good version", async () => {
    const { place, fresh } = await setUpBroken();
    const owner = identifySocket(place.socket);
    for (let round = 0; round < 400; round += 1) {
      expect(await answersOf(place)).toEqual(["proxied", "proxied"]);
    }
    expect(identifySocket(place.socket)).toBe(owner);
    expect(fresh.stdout()).not.toContain("listens on");
    expect(fresh.child.exitCode).toBeNull();
  });

  it.each<[how: string, signal: NodeJS.Signals]>([
    ["is killed", "SIGKILL"],
    ["ends", "SIGINT"],
  ])(
    "still takes over when the old process %s: broken routes answer 503, and good routes work",
    async (_how, signal) => {
      const { place, old, fresh } = await setUpBroken();
      old.child.kill(signal);
      await fresh.waitForOutput("listens on");
      expect(await answersOf(place)).toEqual(["proxied", "503"]);
    },
  );

  it("takes over when the file is corrected, and the old process still serves its connections", async () => {
    const { place, old, fresh } = await setUpBroken();
    const owner = identifySocket(place.socket);
    const worker = await connectWorker(place.socket);
    writePolicy(place, "bad.json", OPEN_POLICY);
    await fresh.waitForOutput("listens on");
    expect(identifySocket(place.socket)).not.toBe(owner);
    expect(await answersOf(place)).toEqual(["proxied", "proxied"]);
    await worker.expectSilence();
    old.child.kill("SIGTERM");
    await worker.closed;
    expect(await old.ended).toEqual({ code: 0, signal: null });
    expect(await answersOf(place)).toEqual(["proxied", "proxied"]);
  });

  it("takes over when the file is removed", async () => {
    const { place, fresh } = await setUpBroken();
    rmSync(join(place.policyRoot, "bad.json"));
    await fresh.waitForOutput("listens on");
    expect(await answersOf(place)).toEqual(["proxied", "503"]);
  });
});

describe("a new process", () => {
  it("listens at once if no process answers, even with a broken policy", async () => {
    const place = await setUpGood();
    writePolicy(place, "bad.json", "{}");
    await runServer(place, POLL);
    expect(await answersOf(place)).toEqual(["proxied", "503"]);
  });

  it("listens at once if only the socket of a killed process is there, even with a broken policy", async () => {
    const place = await setUpGood();
    const killed = await runServer(place);
    killed.child.kill("SIGKILL");
    await killed.ended;
    writePolicy(place, "bad.json", "{}");
    await runServer(place, POLL);
    expect(await answersOf(place)).toEqual(["proxied", "503"]);
  });

  it("with good policies takes over from a live process, in one step and without a lost request", async () => {
    const place = await setUpGood();
    await runServer(place);
    const owner = identifySocket(place.socket);
    const fresh = startServer(place);
    let isOver = false;
    const listening = fresh.waitForOutput("listens on").then(() => {
      isOver = true;
    });
    while (!isOver) {
      expect(statusOf(await request(place, "good.json"))).toBe("proxied");
    }
    await listening;
    expect(identifySocket(place.socket)).not.toBe(owner);
    expect(await answersOf(place)).toEqual(["proxied", "proxied"]);
  });
});

describe("a process whose socket", () => {
  it("was removed listens again, and still serves its connections", async () => {
    const place = await setUpGood();
    const server = await runServer(place);
    const worker = await connectWorker(place.socket);
    rmSync(place.socket);
    await expect.poll(() => probeSocket(place.socket)).toBe(true);
    await server.waitForOutput("warning: no process listened on the socket");
    expect(await answersOf(place)).toEqual(["proxied", "proxied"]);
    await worker.expectSilence();
  });

  it("was taken by a process that has ended takes it back", async () => {
    const place = await setUpGood();
    const first = await runServer(place);
    const second = await runServer(place);
    second.child.kill("SIGKILL");
    await first.waitForOutput("no process listened on the socket");
    await expect.poll(() => probeSocket(place.socket)).toBe(true);
    expect(await answersOf(place)).toEqual(["proxied", "proxied"]);
  });

  it("is served by another live program does not take it back", async () => {
    const place = await setUpGood();
    const server = await runServer(place);
    const other = createServer((socket) => socket.on("error", () => {}));
    await new Promise<void>((resolve) => other.listen(`${place.socket}2`, resolve));
    renameSync(`${place.socket}2`, place.socket);
    const owner = identifySocket(place.socket);
    expect(identifySocket(place.socket)).toBe(owner);
    expect(server.stdout()).not.toContain("nobody serves");
    await new Promise((resolve) => other.close(resolve));
    await server.waitForOutput("no process listened on the socket");
    await expect.poll(() => probeSocket(place.socket)).toBe(true);
    expect(await answersOf(place)).toEqual(["proxied", "proxied"]);
  });
});
