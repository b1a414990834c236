import { describe, expect, it } from "vitest";
import { createAllow } from "../../../../plugin/core/model/decision.ts";
import { CONFIG_FIELDS } from "../../../../plugin/kong/schema/config-schema.ts";
import { encodeFrame } from "../../../../plugin/server/protocol/frames.ts";
import { RpcCallMessage, RpcReturnMessage } from "../../../../plugin/server/protocol/messages.ts";
import { serve, startInstance, startTestServer } from "../../test-server.ts";
import { playCalls, playEvent } from "../raw-worker.ts";

const allowAll = async () => createAllow({ headers: {} }, { policy: "payments" });
const EMPTY = Buffer.alloc(0);

describe("starting an instance", () => {
  it("answers with name, id and start time in an RpcReturn of the same sequence, and nothing before it", async () => {
    const server = await startTestServer(allowAll);
    const worker = await server.connect();
    const before = Math.floor(Date.now() / 1000);
    const { sequence, instanceStatus } = await worker.start('{"rule":"lesen ü","__plugin_id":"1"}');
    expect(sequence).toBe(1);
    expect(instanceStatus?.name).toBe("jwt-policy");
    expect(instanceStatus?.instanceId).toBeGreaterThan(0);
    expect(instanceStatus?.startedAt).toBeGreaterThanOrEqual(before);
    expect(instanceStatus?.startedAt).toBeLessThanOrEqual(Date.now() / 1000);
    expect(worker.frames).toHaveLength(1);
    expect(server.configs).toEqual(['{"rule":"lesen ü","__plugin_id":"1"}']);
  });

  it("accepts a configuration of a mebibyte, in any number of chunks", async () => {
    const server = await startTestServer(allowAll);
    const worker = await server.connect();
    const config = JSON.stringify({ policy: "x".repeat(1_048_576) });
    const { instanceStatus } = await worker.start(config);
    expect(server.configs[0]).toHaveLength(config.length);
    expect((await playEvent(worker, instanceStatus?.instanceId ?? 0)).ended).toBe("proxied");
  });

  it("accepts the largest configuration of Kong's schema, even if every byte is escaped in JSON", async () => {
    const { policy } = Object.assign({}, ...CONFIG_FIELDS) as { policy: { len_max: number } };
    const server = await startTestServer(allowAll);
    const worker = await server.connect();
    const config = JSON.stringify({ policy: "\u0001".repeat(policy.len_max) });
    const { instanceStatus } = await worker.start(config);
    expect(instanceStatus?.instanceId).toBeGreaterThan(0);
    expect(server.configs[0]).toHaveLength(config.length);
  });

  it("without a configuration starts an instance with an empty string, because an error cannot be reported to Kong", async () => {
    const server = await startTestServer(allowAll);
    const worker = await server.connect();
    const sequence = worker.call({ cmdStartInstance: { name: "jwt-policy" } });
    expect(RpcReturnMessage.decode(await worker.next())).toMatchObject({ sequence });
    expect(server.configs).toEqual([""]);
  });
});

describe("closing an instance", () => {
  it("answers, and from then on its id is unknown", async () => {
    const { worker, id } = await serve(allowAll);
    expect((await playEvent(worker, id)).ended).toBe("proxied");
    const sequence = worker.call({ cmdCloseInstance: { instanceId: id } });
    expect(RpcReturnMessage.decode(await worker.next())).toEqual({
      sequence,
      instanceStatus: { name: "jwt-policy", instanceId: id },
    });
    expect((await playEvent(worker, id)).calls).toEqual([{ method: "no plugin instance", args: EMPTY }]);
  });

  it("does not affect other instances, on every connection", async () => {
    const server = await startTestServer(allowAll);
    const first = await startInstance(server);
    const second = await startInstance(server);
    first.worker.call({ cmdCloseInstance: { instanceId: first.id } });
    await first.worker.next();
    expect((await playEvent(first.worker, second.id)).ended).toBe("proxied");
    expect((await playEvent(second.worker, first.id)).ended).toBe("failed");
  });
});

describe("an event for an id that this process did not issue is answered with `no plugin instance` and an empty frame", () => {
  it.each([
    ["zero, which ProtoBuf leaves out", 0],
    ["one", 1],
    ["a negative one", -1],
    ["the largest", 2 ** 31 - 1],
  ])("%s", async (_what, unknownId) => {
    const { worker } = await serve(allowAll);
    const before = worker.frames.length;
    expect(await playEvent(worker, unknownId)).toEqual({
      ended: "failed",
      calls: [{ method: "no plugin instance", args: EMPTY }],
    });
    await worker.expectSilence();
    expect(worker.frames.slice(before).map((frame) => frame.byteLength === 0)).toEqual([false, true, false]);
  });

  it("and the connection then serves a start and an event", async () => {
    const worker = await (await startTestServer(allowAll)).connect();
    await playEvent(worker, 7);
    const { instanceStatus } = await worker.start();
    expect((await playEvent(worker, instanceStatus?.instanceId ?? 0)).ended).toBe("proxied");
  });
});

describe("for an event of another phase the server names a method that Kong does not know", () => {
  const UNKNOWN = { ended: "failed", calls: [{ method: "jwt-policy has no such command or phase", args: EMPTY }] };

  it.each(["rewrite", "certificate", "response", "log", "Access", "access ", ""])("phase `%s`", async (eventName) => {
    const { worker, id } = await serve(allowAll);
    worker.call({ cmdHandleEvent: { instanceId: id, eventName } });
    expect(await playCalls(worker)).toEqual(UNKNOWN);
    await worker.expectSilence();
  });

  it("an event without a phase", async () => {
    const { worker, id } = await serve(allowAll);
    worker.call({ cmdHandleEvent: { instanceId: id } });
    expect(await playCalls(worker)).toEqual(UNKNOWN);
  });

  it.each<[what: string, frame: Uint8Array]>([
    ["an empty frame", EMPTY],
    ["a call with a sequence only", RpcCallMessage.encode({ sequence: 9 })],
    ["a call with an unknown field, Kong's cmd_get_instance_status", Buffer.from([0x08, 9, 0x92, 0x02, 0])],
  ])("%s", async (_what, frame) => {
    const worker = await (await startTestServer(allowAll)).connect();
    worker.sendFrame(frame);
    expect(await playCalls(worker)).toEqual(UNKNOWN);
    await worker.expectSilence();
  });
});

it("answers calls that come in one chunk in their order", async () => {
  const worker = await (await startTestServer(allowAll)).connect();
  const start = (sequence: number): Buffer =>
    encodeFrame(RpcCallMessage.encode({ sequence, cmdStartInstance: { config: Buffer.from("{}") } }));
  worker.socket.write(Buffer.concat([start(11), start(12), start(13)]));
  const answers = [await worker.next(), await worker.next(), await worker.next()].map((frame) =>
    RpcReturnMessage.decode(frame),
  );
  expect(answers.map(({ sequence }) => sequence)).toEqual([11, 12, 13]);
  expect(new Set(answers.map(({ instanceStatus }) => instanceStatus?.instanceId)).size).toBe(3);
});
