import { describe, expect, it } from "vitest";
import { createAllow, createDeny, type Decision, type HeaderChanges } from "../../../../plugin/core/model/decision.ts";
import {
  ListValueMessage,
  RpcReturnMessage,
  StructMessage,
  structToHeaders,
} from "../../../../plugin/server/protocol/messages.ts";
import { type Access, serve, settle } from "../../test-server.ts";
import { type Outcome, playEvent } from "../raw-worker.ts";

const EVIDENCE = { policy: "payments" };
const ALLOW = createAllow({ headers: {} }, EVIDENCE);

/** Returns values that no handler may return. */
const returning = (value: unknown): Access => (() => value) as unknown as Access;
const resolving = (value: unknown): Access => returning(Promise.resolve(value));

function logLine({ calls }: Outcome): string | undefined {
  const log = calls.find(({ method }) => method.startsWith("kong.log."));
  return log && ListValueMessage.decode(log.args).values?.[0]?.stringValue;
}

function bodyOf({ exit }: Outcome): unknown {
  return JSON.parse(Buffer.from(exit?.body ?? []).toString());
}

describe("an Allow ends the event with an empty frame and the RpcReturn of the same sequence", () => {
  it("after set_headers, in one write, if there are headers to change", async () => {
    const headers: HeaderChanges = { "x-user-id": "alice", x_user_id: [] };
    const { worker, id } = await serve(async () => createAllow({ headers }, EVIDENCE));
    const before = worker.frames.length;
    const sequence = worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
    const frames = [await worker.next(), await worker.next(), await worker.next(), await worker.next()];
    expect(frames.map((frame) => frame.byteLength === 0)).toEqual([false, false, true, false]);
    expect(frames[0]?.toString()).toBe("kong.service.request.set_headers");
    expect(structToHeaders(StructMessage.decode(frames[1] ?? Buffer.alloc(0)))).toEqual(
      new Map([
        ["x-user-id", ["alice"]],
        ["x_user_id", []],
      ]),
    );
    expect(RpcReturnMessage.decode(frames[3] ?? Buffer.alloc(0))).toEqual({ sequence });
    worker.sendFrame(new Uint8Array());
    await worker.expectSilence();
    expect(worker.frames).toHaveLength(before + 5);
  });

  it("alone, if no header is changed", async () => {
    const { worker, id } = await serve(resolving(ALLOW));
    const { ended, calls, sequence } = await playEvent(worker, id);
    expect({ ended, calls, sequence }).toEqual({ ended: "proxied", calls: [], sequence: 2 });
    await worker.expectSilence();
  });
});

it("a Deny is logged, then exits with its status, and no empty frame follows", async () => {
  const { worker, id } = await serve(async () => createDeny({ reason: "token_missing" }, EVIDENCE));
  const outcome = await playEvent(worker, id);
  expect(outcome.ended).toBe("exited");
  expect(outcome.calls.map(({ method }) => method)).toEqual(["kong.log.warn", "kong.response.exit"]);
  expect(logLine(outcome)).toContain("reason=token_missing status=401 policy=payments");
  expect(outcome.exit?.status).toBe(401);
  expect(bodyOf(outcome)).toEqual({ message: "Authentication is required" });
  await worker.expectSilence();
});

describe("every value that is not our own Allow leads to 500", () => {
  const error = new Error("secret words");
  it.each<[what: string, access: Access]>([
    [
      "a handler that throws",
      () => {
        throw error;
      },
    ],
    ["one that rejects with an Error", async () => Promise.reject(error)],
    ["one that rejects with undefined", async () => Promise.reject(undefined)],
    ["one that rejects with an Allow", async () => Promise.reject(ALLOW)],
    ["a handler that returns undefined instead of a promise", returning(undefined)],
    ["a handler that returns an Allow instead of a promise", returning(ALLOW)],
    ["null", resolving(null)],
    ["true", resolving(true)],
    ["a function", resolving(() => ALLOW)],
    ["a look-alike", resolving({ verdict: "allow", headers: {}, evidence: EVIDENCE })],
    ["a list of an Allow", resolving([ALLOW])],
    ["a thenable that first gives an object like an Allow, and then an Allow", returning(twiceThenable())],
  ])("%s", async (_what, access) => {
    const { server, worker, id } = await serve(access);
    const outcome = await playEvent(worker, id);
    expect(outcome.ended).toBe("exited");
    expect(outcome.calls.map(({ method }) => method)).toEqual(["kong.log.err", "kong.response.exit"]);
    // Describes a wrong return value or a failure. The text never contains the text of an error, because that may quote
    // the input.
    const [failure] = server.logged;
    const detail = failure === undefined ? "the handler returned no decision" : "the event failed with ";
    expect(logLine(outcome)).toContain(`reason=internal_error status=500 policy=jwt-policy detail="${detail}`);
    expect(failure ?? "event failed: undefined").toMatch(/^event failed: (?:undefined|object|Error at |TypeError at )/);
    expect(outcome.exit?.status).toBe(500);
    expect(bodyOf(outcome)).toEqual({ message: "An unexpected error occurred" });
    await worker.expectSilence();
    expect(server.logged.join()).not.toContain("secret words");
  });

  it.each<[what: string, value: unknown]>([
    ["a Deny without a denial", { verdict: "deny" }],
    ["a Deny of an unknown reason", { verdict: "deny", denial: { reason: "because" }, evidence: EVIDENCE }],
    ["a Deny without evidence", { verdict: "deny", denial: { reason: "token_missing" } }],
  ])("for %s, which cannot be encoded, the server names a method that Kong does not know", async (_what, value) => {
    const { server, worker, id } = await serve(resolving(value));
    const { ended, calls } = await playEvent(worker, id);
    expect(ended).toBe("failed");
    expect(calls).toEqual([{ method: "jwt-policy failed", args: Buffer.alloc(0) }]);
    expect(server.logged).toEqual([expect.stringMatching(/^outcome not encoded: TypeError at /)]);
    await worker.expectSilence();
  });

  it("for an Allow whose headers cannot be encoded, the server also names such a method", async () => {
    const headers = { "x-user-id": 7 } as unknown as HeaderChanges;
    const { worker, id } = await serve(async () => createAllow({ headers }, EVIDENCE));
    const { ended, calls } = await playEvent(worker, id);
    expect([ended, calls.map(({ method }) => method)]).toEqual(["failed", ["jwt-policy failed"]]);
    await worker.expectSilence();
  });
});

describe("a handler that does not settle within the deadline leads to 503", () => {
  it("and its late Allow writes nothing", async () => {
    let resolveLate = (_decision: Decision): void => {};
    const late = new Promise<Decision>((resolve) => {
      resolveLate = resolve;
    });
    const { worker, id } = await serve(() => late, 30);
    const outcome = await playEvent(worker, id);
    expect(outcome.ended).toBe("exited");
    expect(logLine(outcome)).toContain(
      'reason=deadline_exceeded status=503 policy=jwt-policy detail="the decision took longer than 30 ms"',
    );
    expect(outcome.exit?.status).toBe(503);
    resolveLate(ALLOW);
    await settle();
    await worker.expectSilence();
  });

  it("and its late failure writes nothing", async () => {
    let rejectLate = (_error: unknown): void => {};
    const late = new Promise<Decision>((_resolve, reject) => {
      rejectLate = reject;
    });
    const { worker, id } = await serve(() => late, 30);
    expect((await playEvent(worker, id)).exit?.status).toBe(503);
    rejectLate(new Error("late"));
    await settle();
    await worker.expectSilence();
  });

  it("an event that ended in time does not end again at the deadline", async () => {
    const outcomes = [Promise.resolve<Decision>(ALLOW), new Promise<Decision>(() => {})];
    const { server, worker, id } = await serve(() => outcomes.shift() as Promise<Decision>, 30);
    expect((await playEvent(worker, id)).ended).toBe("proxied");
    // The deadline of a later event comes after that of the first.
    expect((await playEvent(await server.connect(), id)).exit?.status).toBe(503);
    await worker.expectSilence();
  });

  it("the next event on the same connection gets its own deadline", async () => {
    const outcomes = [new Promise<Decision>(() => {}), Promise.resolve<Decision>(ALLOW)];
    const { worker, id } = await serve(() => outcomes.shift() as Promise<Decision>, 30);
    expect((await playEvent(worker, id)).exit?.status).toBe(503);
    expect(await playEvent(worker, id)).toEqual({ ended: "proxied", calls: [], sequence: 3 });
  });
});

it("a result that comes after Kong closed the connection is not written and has no effect", async () => {
  let resolveLate = (_decision: Decision): void => {};
  const late = new Promise<Decision>((resolve) => {
    resolveLate = resolve;
  });
  let reportStart = (): void => {};
  const started = new Promise<void>((resolve) => {
    reportStart = resolve;
  });
  const { server, worker, id } = await serve(() => {
    reportStart();
    return late;
  });
  const [socket] = server.sockets;
  worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
  await started;
  const written = socket?.bytesWritten;
  const closed = new Promise((resolve) => socket?.once("close", resolve));
  worker.socket.destroy();
  await closed;
  resolveLate(ALLOW);
  await settle();
  expect(socket?.bytesWritten).toBe(written);
  expect(server.logged).toEqual([]);
  const other = await server.connect();
  expect((await playEvent(other, id)).ended).toBe("proxied");
});

/** An object that is not a promise. It calls back twice, and only hostile code does this. */
function twiceThenable(): unknown {
  const call = (resolve: (value: unknown) => void): void => {
    resolve({ verdict: "allow" });
    resolve(ALLOW);
  };
  // biome-ignore lint/suspicious/noThenProperty: this test is about a thenable that is not a promise.
  return { then: call };
}
