import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createAllow } from "../../../../plugin/core/model/decision.ts";
import { createHandOver, type HandOver } from "../../../../plugin/server/process/hand-over.ts";
import type { Connection } from "../../../../plugin/server/protocol/connection.ts";
import { RpcReturnMessage } from "../../../../plugin/server/protocol/messages.ts";
import { playEvent, type RawWorker } from "../../protocol/raw-worker.ts";
import { settle, startInstance, startTestServer, type TestServer } from "../../test-server.ts";

/** Only the test moves the clock; sockets are real. */
beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

interface Scene {
  readonly server: TestServer;
  readonly workers: readonly RawWorker[];
  readonly handOver: HandOver;
  /** The id of an instance that allows everything. */
  readonly id: number;
  /** The numbers of the connections that this side has ended. */
  ended(): number[];
  replace(): void;
  /**
   * A service manager holds the socket, so new connections wait for the next process. They wait immediately, or after
   * this process has waited for a successor.
   */
  queue(when?: "at once" | "after the wait"): void;
  /** A call came on some connection. */
  call(): void;
}

/** A process that has this many connections. Each connection was used a moment ago. */
async function startHandOver(count: number): Promise<Scene> {
  const server = await startTestServer(async () => createAllow({ headers: {} }, { policy: "payments" }));
  const workers: RawWorker[] = [];
  let id = 0;
  for (let number = 0; number < count; number += 1) {
    const started = await startInstance(server);
    id = started.id;
    // A Kong worker that has not yet noticed that the other side has ended.
    started.worker.socket.allowHalfOpen = true;
    workers.push(started.worker);
  }
  const connections = new Set<Connection>(server.connections);
  let isReplaced = false;
  let isQueued = false;
  let isQueuedLater = false;
  let lastCallMs = performance.now();
  const handOver = createHandOver({
    connections,
    isReplaced: () => isReplaced,
    leaveToQueue: (hasWaited) => isQueued || (hasWaited && isQueuedLater),
    lastCallMs: () => lastCallMs,
  });
  for (const [number, socket] of server.sockets.entries()) {
    socket.on("close", () => {
      const connection = server.connections[number] as Connection;
      connections.delete(connection);
      handOver.noteClosed(connection);
    });
  }
  return {
    server,
    workers,
    handOver,
    id,
    ended: () => server.sockets.flatMap(({ writableEnded }, number) => (writableEnded ? [number] : [])),
    replace() {
      isReplaced = true;
    },
    queue(when = "at once") {
      isQueued = when === "at once";
      isQueuedLater = true;
    },
    call() {
      lastCallMs = performance.now();
    },
  };
}

async function close({ server, workers }: Scene, number: number): Promise<void> {
  const closed = new Promise((resolve) => server.sockets[number]?.once("close", resolve));
  workers[number]?.socket.end();
  await closed;
}

describe("a process that should end, with a successor", () => {
  it("closes every connection with its next answer, from the first check on", async () => {
    const { server, workers, handOver, id, ended, replace } = await startHandOver(3);
    replace();
    expect(handOver.drain()).toBeUndefined();
    await settle();
    expect(ended()).toEqual([]);
    for (const worker of workers) {
      expect((await playEvent(worker, id)).ended).toBe("proxied");
      expect(worker.chunks.at(-1)?.at(-1)).toBe(0xff);
    }
    expect(ended()).toEqual([0, 1, 2]);
    expect(server.logged).toEqual([]);
  });

  it("closes an idle connection only after Kong has seen the end of the previous connection", async () => {
    const scene = await startHandOver(5);
    const { handOver, ended, replace } = scene;
    replace();
    handOver.drain();
    expect(ended()).toEqual([]);
    vi.advanceTimersByTime(1_100);
    for (let look = 0; look < 5; look += 1) {
      handOver.drain();
    }
    await settle();
    expect(ended()).toEqual([0]);
    await close(scene, 3); // Kong closed another connection by itself.
    await settle();
    expect(ended().filter((number) => number !== 3)).toEqual([0]);
    await close(scene, 0);
    await settle();
    expect(ended().filter((number) => number !== 3)).toEqual([0, 1]);
    await close(scene, 1);
    await close(scene, 2);
    await close(scene, 4);
    expect(handOver.drain()).toBe("nothing left to serve");
  });

  it("answers a call that arrived while the process was paused, although the connection looks idle", async () => {
    const { workers, handOver, replace, server } = await startHandOver(1);
    replace();
    handOver.drain();
    vi.advanceTimersByTime(1_100);
    const [worker] = workers as [RawWorker];
    worker.call({ cmdStartInstance: { name: "jwt-policy", config: Buffer.from("{}") } });
    handOver.drain();
    expect(RpcReturnMessage.decode(await worker.next()).instanceStatus?.instanceId).toBeGreaterThan(0);
    expect(worker.chunks.at(-1)?.at(-1)).toBe(0xff);
    expect(server.configs).toHaveLength(2);
  });

  it("does not end at its first check, because earlier connections are accepted only afterwards", async () => {
    const { handOver, replace } = await startHandOver(0);
    replace();
    expect(handOver.drain()).toBeUndefined();
    expect(handOver.drain()).toBe("nothing left to serve");
  });

  it("waits ten seconds for connections that are not idle and get no answer", async () => {
    const { workers, handOver, replace, server } = await startHandOver(1);
    server.connections[0]?.closeIfIdle(-1); // Kong does not close its half.
    expect(workers).toHaveLength(1);
    replace();
    handOver.drain();
    vi.advanceTimersByTime(10_000);
    expect(handOver.drain()).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(handOver.drain()).toBe("grace time over");
  });
});

describe("a process that should end, whose socket belongs to a service manager", () => {
  it("closes its connections without a successor, and ends when no connection is left", async () => {
    const scene = await startHandOver(2);
    const { workers, handOver, id, ended, queue } = scene;
    queue();
    handOver.drain();
    const [busy] = workers;
    expect(busy && (await playEvent(busy, id)).ended).toBe("proxied");
    expect(ended()).toEqual([0]);
    vi.advanceTimersByTime(1_100); // The other connection is idle.
    handOver.drain();
    await settle();
    expect(ended()).toEqual([0, 1]);
    await close(scene, 0);
    await close(scene, 1);
    expect(handOver.drain()).toBe("nothing left to serve");
  });

  it("answers running calls before it ends, although no successor came in a minute", async () => {
    const scene = await startHandOver(2);
    const { workers, handOver, id, queue, call, server } = scene;
    queue("after the wait");
    for (let second = 0; second < 60; second += 1) {
      expect(handOver.drain()).toBeUndefined();
      vi.advanceTimersByTime(1_000);
      call();
    }
    vi.advanceTimersByTime(1);
    for (const worker of workers) {
      expect((await playEvent(worker, id)).ended).toBe("proxied");
    }
    expect(handOver.drain()).toBeUndefined();
    for (const worker of workers) {
      expect((await playEvent(worker, id)).ended).toBe("proxied");
      expect(worker.chunks.at(-1)?.at(-1)).toBe(0xff);
    }
    await close(scene, 0);
    await close(scene, 1);
    expect(handOver.drain()).toBe("nothing left to serve");
    expect(server.logged).toEqual([]);
  });

  it("waits four seconds for a missing answer, because Kong gives up calls in the queue after seven seconds", async () => {
    const { handOver, queue, server } = await startHandOver(1);
    server.connections[0]?.closeIfIdle(-1); // Kong does not close its half.
    queue();
    handOver.drain();
    vi.advanceTimersByTime(4_000);
    expect(handOver.drain()).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(handOver.drain()).toBe("grace time over");
  });
});

describe("a process that is needed again", () => {
  it("starts its time without a successor again", async () => {
    const { handOver, call } = await startHandOver(1);
    call();
    handOver.drain();
    vi.advanceTimersByTime(59_000);
    handOver.resume();
    call();
    handOver.drain();
    vi.advanceTimersByTime(2_900);
    expect(handOver.drain()).toBeUndefined();
    vi.advanceTimersByTime(200);
    expect(handOver.drain()).toBe("no process took over");
  });
});

describe("a process that should end, without a successor", () => {
  it("serves for three seconds after the last call", async () => {
    const { handOver, call, ended } = await startHandOver(1);
    handOver.drain();
    vi.advanceTimersByTime(2_000);
    call();
    vi.advanceTimersByTime(3_000);
    expect(handOver.drain()).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(handOver.drain()).toBe("no process took over");
    expect(ended()).toEqual([]);
  });

  it("serves for three seconds if the last call was long ago", async () => {
    const { handOver } = await startHandOver(0);
    vi.advanceTimersByTime(100_000);
    expect(handOver.drain()).toBeUndefined();
    vi.advanceTimersByTime(3_001);
    expect(handOver.drain()).toBe("no process took over");
  });

  it("serves for a minute while calls come", async () => {
    const { handOver, call } = await startHandOver(1);
    for (let second = 0; second <= 60; second += 1) {
      expect(handOver.drain()).toBeUndefined();
      vi.advanceTimersByTime(second === 60 ? 1 : 1_000);
      call();
    }
    expect(handOver.drain()).toBe("no process took over");
  });
});
