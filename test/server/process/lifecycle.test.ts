import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { connectWorker, NO_HEADERS, playCalls, playEvent } from "../protocol/raw-worker.ts";
import {
  createPlace,
  loadFirst,
  OPEN_CONFIG,
  type Pace,
  probeSocket,
  runNode,
  runServer,
  SERVER_MAIN,
  setPace,
  startServer,
} from "../server-process.ts";

async function startOpen(socket: string) {
  const worker = await connectWorker(socket);
  const { instanceStatus } = await worker.start(OPEN_CONFIG);
  return { worker, id: instanceStatus?.instanceId ?? 0 };
}

/** A server in a separate directory, and a client with a plugin instance. */
async function serveOpen(pace: Pace = "usual") {
  const place = createPlace();
  const server = await runServer(place, [], pace);
  return { place, server, ...(await startOpen(place.socket)) };
}

describe("the server's process", () => {
  it("serves requests with an empty environment: start, event, empty frame, RpcReturn", async () => {
    const { place, server, worker, id } = await serveOpen();
    const { ended, calls } = await playEvent(worker, id, NO_HEADERS);
    expect(ended).toBe("proxied");
    expect(calls.map(({ method }) => method)).toEqual([
      "kong.request.get_headers",
      "kong.nginx.get_var",
      "kong.service.request.set_headers",
    ]);
    expect(server.stdout()).toContain(
      `jwt-policy 0.1.0 listens on ${place.socket}, policies under ${place.policyRoot}`,
    );
    expect(server.stderr()).toBe("");
  });

  it("survives garbage, half frames, and peers that close in the middle of an event", async () => {
    const { place, worker, id } = await serveOpen();
    for (let round = 0; round < 20; round += 1) {
      const rude = await connectWorker(place.socket);
      rude.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
      await rude.next();
      rude.socket.pause();
      rude.socket.write(round % 2 === 0 ? "garbage \xff\xff" : Buffer.from([9, 0]));
      rude.socket.destroy();
    }
    expect((await playEvent(worker, id, NO_HEADERS)).ended).toBe("proxied");
  });

  it("continues to serve when no process reads its log, for example after the end of the worker that started it", async () => {
    const { place, server, worker, id } = await serveOpen();
    server.child.stdout?.destroy();
    server.child.stderr?.destroy();
    for (let round = 0; round < 3; round += 1) {
      const rude = await connectWorker(place.socket); // Each makes the server log a line.
      rude.socket.write(Buffer.from([255, 255, 255, 255]));
      await rude.closed;
    }
    expect((await playEvent(worker, id, NO_HEADERS)).ended).toBe("proxied");
  });

  it("continues to serve when Node warns and no process reads its standard error", async () => {
    const { socket, policyRoot } = createPlace();
    const warn = 'process.on("SIGUSR2", () => process.emitWarning("old")).on("warning", () => console.log("warned"));';
    const server = runNode([...loadFirst(warn), SERVER_MAIN, "--socket", socket, "--policy-root", policyRoot]);
    await server.waitForOutput("listens on");
    server.child.stderr?.destroy();
    server.child.kill("SIGUSR2");
    await server.waitForOutput("warned");
    const { worker, id } = await startOpen(socket);
    expect((await playEvent(worker, id, NO_HEADERS)).ended).toBe("proxied");
  });

  it("refuses a policy that it cannot read, at any depth, and continues to serve others", async () => {
    const { place, worker, id } = await serveOpen();
    const deep = ["[".repeat(100_000), "[".repeat(20_000) + "]".repeat(20_000), '{"a":'.repeat(20_000)];
    for (const policy of deep) {
      const { instanceStatus } = await worker.start(JSON.stringify({ policy, rule: "open" }));
      const refused = await playEvent(await connectWorker(place.socket), instanceStatus?.instanceId ?? 0, NO_HEADERS);
      expect(refused.exit?.status).toBe(503);
    }
    expect((await playEvent(worker, id, NO_HEADERS)).ended).toBe("proxied");
  });
});

describe("SIGTERM", () => {
  it("still serves open connections, until a new process listens and takes them; then the process ends", async () => {
    const { place, server: old, worker, id } = await serveOpen("slow"); // The process waits for its successor without a limit.
    old.child.kill("SIGTERM");
    expect((await playEvent(worker, id, NO_HEADERS)).ended).toBe("proxied");
    await runServer(place);
    let isClosed = false;
    void worker.closed.then(() => {
      isClosed = true;
    });
    while (!isClosed) {
      const ended = await playEvent(worker, id, NO_HEADERS).then((outcome) => outcome.ended, String);
      expect(["proxied", "Error: closed"]).toContain(ended);
    }
    expect(await old.ended).toEqual({ code: 0, signal: null });
    expect(old.stdout()).toContain("jwt-policy ends: SIGTERM, nothing left to serve");
    expect(await probeSocket(place.socket)).toBe(true);
  });

  it("after another process took over closes idle connections soon, and busy connections after their result", async () => {
    const place = createPlace();
    const old = await runServer(place);
    const idle = await startOpen(place.socket);
    const busy = await startOpen(place.socket);
    await runServer(place);
    expect((await playEvent(idle.worker, idle.id, NO_HEADERS)).ended).toBe("proxied");

    busy.worker.call({ cmdHandleEvent: { instanceId: busy.id, eventName: "access" } });
    expect((await busy.worker.next()).toString()).toBe("kong.request.get_headers");
    await busy.worker.next();
    old.child.kill("SIGTERM");
    await idle.worker.closed;
    expect(old.child.exitCode).toBeNull();
    busy.worker.sendFrame(NO_HEADERS["kong.request.get_headers"]);
    expect((await playCalls(busy.worker, NO_HEADERS)).ended).toBe("proxied");
    await busy.worker.closed;
    expect(await old.ended).toEqual({ code: 0, signal: null });
    expect(old.stdout()).toContain("jwt-policy ends: SIGTERM, nothing left to serve");
  });

  it("continues to serve if no process took over", async () => {
    const { server, worker, id } = await serveOpen("slow");
    server.child.kill("SIGTERM");
    for (let call = 0; call < 10; call += 1) {
      expect((await playEvent(worker, id, NO_HEADERS)).ended).toBe("proxied");
    }
  });

  it.each<[what: string, change: (socket: string) => void]>([
    ["where no process took over", () => {}],
    // If the server expected a successor, it would close the connection and serve no request.
    ["and does not take a removed socket for another process", (socket) => rmSync(socket)],
  ])("ends by itself when no more calls come, %s", async (_what, change) => {
    const place = createPlace();
    const server = await runServer(place, [], "fast");
    await startOpen(place.socket);
    server.child.kill("SIGTERM");
    change(place.socket);
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.stdout()).toContain("jwt-policy ends: SIGTERM, no process took over");
  });

  it("ends at once a process that still waits for its turn", async () => {
    const place = createPlace();
    await runServer(place);
    writeFileSync(join(place.policyRoot, "a.yaml"), "broken");
    const waiting = startServer(place);
    await waiting.waitForOutput("a.yaml is refused");
    waiting.child.kill("SIGTERM");
    expect(await waiting.ended).toEqual({ code: 0, signal: null });
    expect(waiting.stdout()).not.toContain("listens on");
  });

  it("without a successor still serves new connections as well", async () => {
    const place = createPlace();
    const server = await runServer(place, [], "slow");
    server.child.kill("SIGTERM");
    for (let turn = 0; turn < 10; turn += 1) {
      const { worker, id } = await startOpen(place.socket);
      expect((await playEvent(worker, id, NO_HEADERS)).ended).toBe("proxied");
      worker.socket.destroy();
    }
    expect(server.child.exitCode).toBeNull();
  });

  it("works from the moment when the server says that it listens", async () => {
    const place = createPlace();
    const server = startServer(place, [], "slow");
    await server.waitForOutput("listens on");
    server.child.kill("SIGTERM");
    const { worker, id } = await startOpen(place.socket);
    expect((await playEvent(worker, id, NO_HEADERS)).ended).toBe("proxied");
  });
});

it("SIGINT ends the process at once, in the middle of an event", async () => {
  const { server, worker, id } = await serveOpen();
  worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
  await worker.next();
  server.child.kill("SIGINT");
  expect(await server.ended).toEqual({ code: 0, signal: null });
  expect(server.stdout()).toContain("jwt-policy ends: SIGINT");
  await worker.closed;
  // The call of the PDK and its arguments. In place of a method, there must be no empty frame.
  expect(worker.frames.slice(1).map(({ byteLength }) => byteLength > 0)).toEqual([true, true]);
});

/** Ends a process, unless it has ended already. */
function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // The process has ended.
  }
}

describe("when the parent process is killed, the server ends", () => {
  const runBehindParent = async (pace: Pace) => {
    const place = createPlace();
    const file = `${place.directory}/parent.mjs`;
    const args = JSON.stringify([
      ...setPace(pace),
      SERVER_MAIN,
      "--socket",
      place.socket,
      "--policy-root",
      place.policyRoot,
    ]);
    // The server does not use the parent's output. So nothing but the end of the parent can show the server that the
    // parent is gone.
    writeFileSync(
      file,
      `import { spawn } from "node:child_process";
      console.log(spawn(process.execPath, ${args}, { env: {}, stdio: "ignore" }).pid);
      setInterval(() => {}, 1000);`,
    );
    const parent = runNode([file]);
    await parent.waitForOutput("\n");
    onTestFinished(() => endProcess(Number(parent.stdout())));
    await expect.poll(() => probeSocket(place.socket)).toBe(true);
    return { parent, socket: place.socket };
  };
  const expectGone = (socket: string) => expect.poll(() => probeSocket(socket)).toBe("ECONNREFUSED");

  it("if no client is connected", async () => {
    const { parent, socket } = await runBehindParent("fast");
    const worker = await connectWorker(socket);
    await worker.expectSilence();
    worker.socket.destroy();
    parent.child.kill("SIGKILL");
    await expectGone(socket);
  });

  it("even during the server's start", async () => {
    const { parent, socket } = await runBehindParent("fast");
    parent.child.kill("SIGKILL");
    await expectGone(socket);
  });

  it("also if the parent ended before the server looked, so that the server has another parent than --parent names", async () => {
    const server = startServer(createPlace(), ["--parent", String(process.ppid)], "fast");
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.stdout()).toContain("jwt-policy ends: the parent process is gone, ");
  });

  it("and answers connected clients until then", async () => {
    const { parent, socket } = await runBehindParent("slow");
    const { worker, id } = await startOpen(socket);
    parent.child.kill("SIGKILL");
    await parent.ended;
    expect((await playEvent(worker, id, NO_HEADERS)).ended).toBe("proxied");
  });
});

it("a new process knows no id of the killed process, and serves at the same path", async () => {
  const { place, server: first, id } = await serveOpen();
  first.child.kill("SIGKILL");
  await first.ended;
  expect(await probeSocket(place.socket)).toBe("ECONNREFUSED");
  await runServer(place);
  const worker = await connectWorker(place.socket);
  const { ended, calls } = await playEvent(worker, id, NO_HEADERS);
  expect([ended, calls[0]?.method]).toEqual(["failed", "no plugin instance"]);
  const { instanceStatus } = await worker.start(OPEN_CONFIG);
  expect(instanceStatus?.instanceId).toBeGreaterThan(id);
  expect((await playEvent(worker, instanceStatus?.instanceId ?? 0, NO_HEADERS)).ended).toBe("proxied");
});
