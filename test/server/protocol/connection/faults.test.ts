import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createAllow } from "../../../../plugin/core/model/decision.ts";
import { serveConnection } from "../../../../plugin/server/protocol/connection.ts";
import { encodeFrame } from "../../../../plugin/server/protocol/frames.ts";
import { RpcCallMessage, StringMessage } from "../../../../plugin/server/protocol/messages.ts";
import { type Access, serve, settle, startInstance, startTestServer, type TestServer } from "../../test-server.ts";
import { connectWorker, playCalls, playEvent } from "../raw-worker.ts";

const allowAll: Access = async () => createAllow({ headers: {} }, { policy: "payments" });
const askAndAllow: Access = async (pdk) => {
  await pdk.nginx.getVar("request");
  return createAllow({ headers: {} }, { policy: "payments" });
};
/** More bytes than any reasonable limit of a frame. */
const TOO_MUCH = 16 * 1024 * 1024;

/** Waits until the server has closed its ends of connections. No part of them may then be left. */
async function allClosed({ sockets }: TestServer): Promise<void> {
  while (sockets.some(({ closed }) => !closed)) {
    await settle();
  }
}

async function expectServing(server: TestServer): Promise<void> {
  const { worker, id } = await startInstance(server);
  const reply = { "kong.nginx.get_var": StringMessage.encode({ v: "x" }) };
  expect((await playEvent(worker, id, reply)).ended).toBe("proxied");
}

describe("frames that arrive in pieces", () => {
  it.each([1, 3, 5])("in pieces of %i bytes are joined again", async (size) => {
    const { worker, id } = await serve(askAndAllow);
    const sendSlowly = async (payload: Uint8Array): Promise<void> => {
      const bytes = encodeFrame(payload);
      for (let at = 0; at < bytes.byteLength; at += size) {
        worker.socket.write(bytes.subarray(at, at + size));
        await settle();
      }
    };
    await sendSlowly(RpcCallMessage.encode({ sequence: 9, cmdHandleEvent: { instanceId: id, eventName: "access" } }));
    expect((await worker.next()).toString()).toBe("kong.nginx.get_var");
    await worker.next();
    await sendSlowly(StringMessage.encode({ v: "GET / HTTP/1.1" }));
    expect(await playCalls(worker)).toEqual({ ended: "proxied", calls: [], sequence: 9 });
  });

  it("without their end get no answer, and do not affect other connections", async () => {
    const server = await startTestServer(allowAll);
    const half = await server.connect();
    half.socket.write(encodeFrame(RpcCallMessage.encode({ sequence: 1 })).subarray(0, 5));
    await expectServing(server);
    expect(half.frames).toEqual([]);
    half.socket.destroy();
    await expectServing(server);
  });
});

describe("bytes that Kong never sends end only that connection", () => {
  const call = encodeFrame(
    RpcCallMessage.encode({ sequence: 1, cmdHandleEvent: { instanceId: 1, eventName: "access" } }),
  );
  it.each<[what: string, bytes: Buffer]>([
    ["a frame that announces 16 MiB", Buffer.from(Uint32Array.of(TOO_MUCH).buffer)],
    ["a frame that announces 4 GiB", Buffer.from([255, 255, 255, 255])],
    ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
    ["a MsgPack request of another Kong", Buffer.from([0x94, 0x00, 0x01, 0xb0, 0x70, 0x6c, 0x75, 0x67])],
    ["a call that does not decode", encodeFrame(Buffer.from([0x0a, 0xff]))],
    ["a good call, and then an undecodable call", Buffer.concat([call, encodeFrame(Buffer.from([0xff]))])],
  ])("%s", async (_what, bytes) => {
    const server = await startTestServer(allowAll);
    const worker = await server.connect();
    worker.socket.write(bytes);
    await worker.closed;
    const methods = worker.frames.filter((_frame, index) => index % 2 === 0);
    expect(methods.every(({ byteLength }) => byteLength > 0)).toBe(true);
    expect(server.logged).toHaveLength(1);
    expect(server.logged[0]).toMatch(/^connection dropped: \w*Error at /);
    await expectServing(server);
  });

  it("a call in the middle of an event, whose handler does not wait for Kong", async () => {
    const { server, worker, id } = await serve(() => new Promise(() => {}));
    worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
    worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
    await worker.closed;
    expect(worker.frames).toHaveLength(1);
    expect(server.logged).toHaveLength(1);
  });

  it("whatever bytes Kong sends, the server writes no empty frame in place of a method, and does not end", async () => {
    const server = await startTestServer(allowAll);
    for (let seed = 1; seed <= 60; seed += 1) {
      const worker = await server.connect();
      worker.socket.end(randomFrames(seed));
      await worker.closed;
      const methods = worker.frames.filter((_frame, index) => index % 2 === 0);
      expect(
        methods.every(({ byteLength }) => byteLength > 0),
        `seed ${seed}`,
      ).toBe(true);
    }
    await expectServing(server);
  });
});

describe("a peer that closes", () => {
  it("by a reset (TCP RST), between events or during an event, does not end the process", async () => {
    const { server, id } = await serve(askAndAllow);
    const logged: string[] = [];
    const tcp = createServer((socket) =>
      serveConnection(socket, {
        instances: server.instances,
        deadlineMs: 60_000,
        takeWarnings: () => [],
        log: (line) => logged.push(line),
      }),
    );
    await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void tcp.close());
    const address = tcp.address() as { port: number };
    for (const isInEvent of [false, true]) {
      const worker = await connectWorker(address.port);
      if (isInEvent) {
        worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
        await worker.next();
      }
      worker.socket.resetAndDestroy();
      await worker.closed;
    }
    while (logged.length < 2) {
      await settle();
    }
    expect(logged).toEqual(["connection error: read ECONNRESET", "connection error: read ECONNRESET"]);
    await expectServing(server);
  });

  it("during an event, with unread bytes (ECONNRESET) or by a plain close, leaves no timer and no socket behind", async () => {
    const { server, id } = await serve(askAndAllow);
    const countTimers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const timers = countTimers();
    const workers = await Promise.all(Array.from({ length: 30 }, () => server.connect()));
    for (const [index, worker] of workers.entries()) {
      worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
      if (index % 2 === 0) {
        worker.socket.pause(); // The server's bytes stay unread, so closing is a reset.
      } else {
        await worker.next();
      }
    }
    while (server.sockets.slice(1).some(({ bytesWritten }) => bytesWritten === 0)) {
      await settle();
    }
    // 30 deadlines. The test runner also has timers, and their number changes.
    expect(countTimers()).toBeGreaterThan(timers + 20);
    for (const { socket } of workers) {
      socket.destroy();
    }
    await allClosed({ ...server, sockets: server.sockets.slice(1) });
    expect(countTimers()).toBeLessThan(timers + 10);
    await expectServing(server);
  });

  it("a close in the middle of an answer of many frames does not end the process", async () => {
    const { server, worker, id } = await serve(allowAll);
    for (let event = 0; event < 500; event += 1) {
      worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
    }
    worker.socket.destroy();
    await allClosed(server);
    await expectServing(server);
  });
});

it("a connection that serves hundreds of events accumulates no listeners and no timers", async () => {
  const { server, worker, id } = await serve(askAndAllow);
  const [socket] = server.sockets;
  const count = (): number[] => [
    ...["data", "error", "close", "drain", "end", "finish"].map((name) => socket?.listenerCount(name) ?? -1),
    process.getActiveResourcesInfo().filter((name) => name === "Timeout").length > 20 ? 1 : 0,
  ];
  const before = count();
  for (let event = 0; event < 300; event += 1) {
    const { ended } = await playEvent(worker, id, { "kong.nginx.get_var": new Uint8Array() });
    expect(ended).toBe("proxied");
  }
  expect(count()).toEqual(before);
});

/** One to four frames of pseudo-random bytes. At the end are bytes that are not a frame. */
function randomFrames(seed: number): Buffer {
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
  const bytes = (): Buffer => Buffer.from(Array.from({ length: next(40) }, () => next(256)));
  return Buffer.concat([...Array.from({ length: 1 + next(4) }, () => encodeFrame(bytes())), bytes()]);
}

describe("an event whose client is gone", () => {
  /** The event never ends. The event has sent Kong more bytes than Kong reads. */
  async function startEndless() {
    let isAbandoned: (() => boolean) | undefined;
    const { server, worker, id } = await serve(async (pdk) => {
      isAbandoned = pdk.isAbandoned;
      await pdk.nginx.getVar("x".repeat(4_000_000));
      throw new Error("the call got an answer");
    });
    worker.socket.pause(); // The server's bytes stay unread.
    worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
    await expect.poll(() => isAbandoned?.()).toBe(false);
    return { server, worker, isAbandoned: () => isAbandoned?.() };
  }

  it("counts as abandoned when Kong has closed its half, even if the other half cannot be closed yet", async () => {
    const { server, worker, isAbandoned } = await startEndless();
    worker.socket.end();
    await expect.poll(isAbandoned).toBe(true);
    expect(server.sockets[0]?.closed).toBe(false);
  });

  it("counts as abandoned after Kong resets it because of unread bytes", async () => {
    const { server, worker, isAbandoned } = await startEndless();
    worker.socket.destroy();
    await allClosed(server);
    expect(isAbandoned()).toBe(true);
    expect(server.logged).toEqual([expect.stringMatching(/^connection error: /)]);
  });
});
