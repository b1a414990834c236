import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createAllow, createDeny } from "../../../../plugin/core/model/decision.ts";
import { encodeFrame } from "../../../../plugin/server/protocol/frames.ts";
import { RpcCallMessage, StringMessage } from "../../../../plugin/server/protocol/messages.ts";
import { type Access, serve, settle, startInstance, startTestServer } from "../../test-server.ts";
import { playCalls, playEvent, type RawWorker } from "../raw-worker.ts";

const EVIDENCE = { policy: "payments" };
const ALLOW: Access = async () => createAllow({ headers: { "x-user-id": "alice" } }, EVIDENCE);
const ASK_AND_ALLOW: Access = async (pdk) => {
  await pdk.nginx.getVar("request");
  return createAllow({ headers: { "x-user-id": "alice" } }, EVIDENCE);
};
/** Every connection has been idle for longer than this. */
const ANY_TIME = -1;
const REPLIES = { "kong.nginx.get_var": StringMessage.encode({ v: "GET / HTTP/1.1" }) };

/** Kong reads an answer and the bytes after it in one step. It keeps no connection with unread bytes. */
function expectParting({ chunks }: RawWorker): void {
  const last = chunks.at(-1) ?? Buffer.alloc(0);
  const frame = last.length - 1;
  let at = 0;
  while (at < frame) {
    at += 4 + last.readUInt32LE(at);
  }
  expect([at, last[at]]).toEqual([frame, 0xff]);
  expect(frame).toBeGreaterThan(0);
}

describe("a connection that is retired", () => {
  it("stays open until its next answer", async () => {
    const { server, worker, id } = await serve(ALLOW);
    server.connections[0]?.retire();
    await settle();
    expect(server.sockets[0]?.writableEnded).toBe(false);
    expect((await playEvent(worker, id)).ended).toBe("proxied");
    await worker.closed;
    expectParting(worker);
    expect(server.logged).toEqual([]);
  });

  it.each<[what: string, access: Access, ended: string]>([
    ["an Allow", ASK_AND_ALLOW, "proxied"],
    [
      "a Deny",
      async (pdk) => {
        await pdk.nginx.getVar("request");
        return createDeny({ reason: "token_missing" }, EVIDENCE);
      },
      "exited",
    ],
  ])("is closed after the current event, whose result is complete: %s", async (_what, access, ended) => {
    const { server, worker, id } = await serve(access);
    worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
    expect((await worker.next()).toString()).toBe("kong.nginx.get_var");
    server.connections[0]?.retire();
    server.connections[0]?.retire();
    await settle();
    expect(server.sockets[0]?.writableEnded).toBe(false);
    await worker.next();
    worker.sendFrame(REPLIES["kong.nginx.get_var"]);
    expect((await playCalls(worker)).ended).toBe(ended);
    await worker.closed;
    expectParting(worker);
    expect(server.logged).toEqual([]);
  });

  it("is closed after the deadline of an event that hangs", async () => {
    const { server, worker, id } = await serve(() => new Promise(() => {}), 100);
    worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
    await settle();
    server.connections[0]?.retire();
    expect((await playCalls(worker)).exit?.status).toBe(503);
    await worker.closed;
    expectParting(worker);
  });

  it("starts an instance, and is closed after the answer, so that Kong does not send the first event there", async () => {
    const { server, worker } = await serve(ALLOW);
    server.connections[0]?.retire();
    expect((await worker.start()).instanceStatus?.instanceId).toBeGreaterThan(0);
    await worker.closed;
    expectParting(worker);
  });

  it("reports an unknown instance, and is closed after this answer, so that Kong does not start an instance there", async () => {
    const { server, worker } = await serve(ALLOW);
    server.connections[0]?.retire();
    expect((await playEvent(worker, 2 ** 30)).ended).toBe("failed");
    await worker.closed;
    expectParting(worker);
  });
});

describe("a connection that should close when idle", () => {
  it("is half-closed at once, and closed when Kong closes its half", async () => {
    const { server, worker } = await serve(ALLOW);
    expect(server.connections[0]?.closeIfIdle(ANY_TIME)).toBe(true);
    expect(server.connections[0]?.closeIfIdle(ANY_TIME)).toBe(false);
    await worker.closed;
    await expect(worker.next()).rejects.toThrow("closed");
    expect(worker.frames).toHaveLength(1);
    expect(server.logged).toEqual([]);
  });

  it("stays open if it was used recently, or during an event", async () => {
    const { server, worker, id } = await serve(() => new Promise(() => {}));
    await worker.start();
    expect(server.connections[0]?.closeIfIdle(10_000)).toBe(false);
    worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
    await settle();
    expect(server.connections[0]?.closeIfIdle(ANY_TIME)).toBe(false);
    expect(server.sockets[0]?.writableEnded).toBe(false);
  });

  it("stays open if its last call was recent, even if the connection is old", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const server = await startTestServer(ALLOW);
    const { worker } = await startInstance(server);
    vi.advanceTimersByTime(1_001);
    await worker.start();
    vi.advanceTimersByTime(1_000);
    expect(server.connections[0]?.closeIfIdle(1_000)).toBe(false);
    vi.advanceTimersByTime(1);
    expect(server.connections[0]?.closeIfIdle(1_000)).toBe(true);
  });

  it("ignores a call that was already sent: Kong repeats an unanswered call on another connection", async () => {
    let events = 0;
    const { server, worker, id } = await serve(async (pdk) => {
      events += 1;
      return ALLOW(pdk);
    });
    // The call and the end come in one turn: the worker sends the call before it notices the end of the other side.
    worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
    worker.call({ cmdStartInstance: { name: "jwt-policy", config: Buffer.from("{}") } });
    expect(server.connections[0]?.closeIfIdle(ANY_TIME)).toBe(true);
    await worker.closed;
    expect([worker.frames.length, events, server.configs.length]).toEqual([1, 0, 1]);
    expect(server.logged).toEqual([]);
  });

  it("ignores all bytes on the half-closed connection, even if a message arrives in pieces", async () => {
    const { server, worker } = await serve(ALLOW);
    worker.socket.allowHalfOpen = true;
    server.connections[0]?.closeIfIdle(ANY_TIME);
    await new Promise((resolve) => worker.socket.once("end", resolve));
    const call = encodeFrame(RpcCallMessage.encode({ sequence: 9, cmdStartInstance: { config: Buffer.from("{}") } }));
    for (const bytes of [call.subarray(0, 3), call.subarray(3), Buffer.from("garbage \xff\xff\xff\xff")]) {
      worker.socket.write(bytes);
      await settle();
    }
    expect([server.configs.length, server.sockets[0]?.destroyed]).toEqual([1, false]);
    worker.socket.end();
    await worker.closed;
    expect([worker.frames.length, server.logged]).toEqual([1, []]);
  });

  it("does not affect other connections", async () => {
    const server = await startTestServer(ALLOW);
    const [first, second] = [await startInstance(server), await startInstance(server)];
    server.connections[0]?.closeIfIdle(ANY_TIME);
    await first.worker.closed;
    expect((await playEvent(second.worker, first.id)).ended).toBe("proxied");
  });
});
