import { once } from "node:events";
import type { Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { PluginSocket } from "../../../../plugin/server/process/plugin-socket.ts";
import type { Connection } from "../../../../plugin/server/protocol/connection.ts";
import { connectWorker } from "../../protocol/raw-worker.ts";
import { createPlace } from "../../server-process.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

/** How many sockets and ends of connections this process has open. */
const countPipes = (): number => process.getActiveResourcesInfo().filter((name) => name === "PipeWrap").length;

it("a plugin socket listens only once, and knows its open connections, and the time of the last call", async () => {
  const connection: Connection = { retire() {}, closeIfIdle: () => false };
  const closed: Connection[] = [];
  const peers: Socket[] = [];
  const path = join(createPlace().directory, "s");
  const onClosed = (other: Connection): void => void closed.push(other);
  const socket = new PluginSocket({ path, mode: 0o600, inherited: undefined, onClosed, log: () => {} });
  onTestFinished(() => socket.stopAccepting());
  expect(socket.hasListened).toBe(false);
  const serve = (peer: Socket): Connection => {
    peers.push(peer);
    return connection;
  };
  await socket.listen(serve);
  const before = countPipes();
  await socket.listen(serve);
  expect([socket.hasListened, socket.isOurs(), socket.isReplaced()]).toEqual([true, true, false]);
  const worker = await connectWorker(path);
  while (peers.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(countPipes()).toBe(before + 2); // The two ends of the connection.
  const [peer] = peers as [Socket];
  const startMs = socket.lastCallMs;
  vi.advanceTimersByTime(1_000);
  expect(socket.lastCallMs).toBe(startMs);
  const called = once(peer, "data");
  worker.call({ cmdCloseInstance: { instanceId: 1 } });
  await called;
  expect(socket.lastCallMs).toBe(startMs + 1_000);
  expect([...socket.connections]).toEqual([connection]);
  const gone = once(peer, "close");
  worker.socket.destroy();
  await gone;
  expect([closed, socket.connections.size]).toEqual([[connection], 0]);
});
