import { describe, expect, it } from "vitest";
import { createAllow } from "../../../../plugin/core/model/decision.ts";
import type { Pdk } from "../../../../plugin/kong/contract/pdk.ts";
import {
  AuthenticatedCredentialMessage,
  ConsumerMessage,
  ConsumerSpecMessage,
  headersToStruct,
  IntMessage,
  RouteMessage,
  ServiceMessage,
  StringMessage,
  StructMessage,
} from "../../../../plugin/server/protocol/messages.ts";
import { serve } from "../../test-server.ts";
import { playEvent } from "../raw-worker.ts";

const EVIDENCE = { policy: "payments" };
const ALLOW = createAllow({ headers: {} }, EVIDENCE);
const NOTHING = new Uint8Array();
const text = (v: string): Uint8Array => StringMessage.encode({ v });

const REPLIES = {
  "kong.nginx.get_var": text("GET / HTTP/1.1"),
  "kong.request.get_headers": StructMessage.encode(headersToStruct({ authorization: "Bearer x", "x-a": ["1", "2"] })),
  "kong.router.get_route": RouteMessage.encode({ id: "1", name: "orders", tags: ["a", "b"] }),
};

describe("calls of the PDK", () => {
  const route = { id: "1", name: "orders", tags: ["a", "b"] };
  const headers = headersToStruct({ authorization: "Bearer x", "x-a": ["1", "2"] });
  const decodedHeaders = new Map([
    ["authorization", ["Bearer x"]],
    ["x-a", ["1", "2"]],
  ]);
  const consumer = { id: "1", username: "shop", customId: "c" };
  it.each<[method: string, call: (pdk: Pdk) => Promise<unknown>, args: Uint8Array, reply: Uint8Array, value: unknown]>([
    [
      "kong.nginx.get_var",
      ({ nginx }) => nginx.getVar("request"),
      text("request"),
      text("GET / HTTP/1.1"),
      "GET / HTTP/1.1",
    ],
    [
      "kong.request.get_headers",
      ({ request }) => request.getHeaders(1_000),
      IntMessage.encode({ v: 1_000 }),
      StructMessage.encode(headers),
      decodedHeaders,
    ],
    [
      "kong.request.get_forwarded_scheme",
      ({ request }) => request.getForwardedScheme(),
      NOTHING,
      text("https"),
      "https",
    ],
    ["kong.request.get_forwarded_scheme", ({ request }) => request.getForwardedScheme(), NOTHING, NOTHING, ""],
    [
      "kong.client.load_consumer",
      ({ client }) => client.loadConsumer("shop", true),
      ConsumerSpecMessage.encode({ id: "shop", byUsername: true }),
      ConsumerMessage.encode(consumer),
      consumer,
    ],
    [
      "kong.client.get_consumer",
      ({ client }) => client.getConsumer(),
      NOTHING,
      ConsumerMessage.encode(consumer),
      consumer,
    ],
    [
      "kong.client.get_credential",
      ({ client }) => client.getCredential(),
      NOTHING,
      AuthenticatedCredentialMessage.encode({ id: "k", consumerId: "1" }),
      { id: "k", consumerId: "1" },
    ],
    ["kong.router.get_route", ({ router }) => router.getRoute(), NOTHING, RouteMessage.encode(route), route],
    [
      "kong.router.get_service",
      ({ router }) => router.getService(),
      NOTHING,
      ServiceMessage.encode({ id: "2" }),
      { id: "2" },
    ],
  ])("%s is sent with encoded arguments, and its reply is decoded", async (method, call, args, reply, value) => {
    const seen: unknown[] = [];
    const { worker, id } = await serve(async (pdk) => {
      seen.push(await call(pdk));
      return ALLOW;
    });
    const { ended, calls } = await playEvent(worker, id, { [method]: reply });
    expect(ended).toBe("proxied");
    expect(calls).toEqual([{ method, args: Buffer.from(args) }]);
    expect(seen).toEqual([value]);
  });

  it("that get an empty reply return no text, no headers, no name", async () => {
    const seen: unknown[] = [];
    const { worker, id } = await serve(async (pdk) => {
      seen.push(await pdk.nginx.getVar("request"), await pdk.request.getHeaders(1), await pdk.router.getRoute());
      return ALLOW;
    });
    const empty = Object.fromEntries(Object.keys(REPLIES).map((method) => [method, new Uint8Array()]));
    expect((await playEvent(worker, id, empty)).ended).toBe("proxied");
    expect(seen).toEqual(["", new Map(), {}]);
  });

  it("that are made at once get their replies in the order of the calls", async () => {
    const seen: string[] = [];
    const { worker, id } = await serve(async (pdk) => {
      seen.push(...(await Promise.all(["a", "b", "c"].map((name) => pdk.nginx.getVar(name)))));
      return ALLOW;
    });
    worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
    for (const reply of ["1", "2", "3"]) {
      expect((await worker.next()).toString()).toBe("kong.nginx.get_var");
      await worker.next();
      worker.sendFrame(text(reply));
    }
    expect(await worker.next()).toHaveLength(0);
    expect(seen).toEqual(["1", "2", "3"]);
  });

  it.each<[what: string, method: keyof typeof REPLIES, reply: Uint8Array]>([
    ["a length beyond the end", "kong.nginx.get_var", Buffer.from([0x0a, 0x7f, 0x61])],
    ["an unknown wire type", "kong.request.get_headers", Buffer.from([0x0f])],
    ["a group that never ends", "kong.router.get_route", Buffer.from([0x0b])],
    ["lists nested without end", "kong.request.get_headers", nestedLists(20_000)],
  ])("with an undecodable reply (%s) refuse the request with 500", async (_what, method, reply) => {
    const { worker, id } = await serve(async (pdk) => {
      await callByName(pdk, method);
      return ALLOW;
    });
    const { ended, exit, calls } = await playEvent(worker, id, { [method]: reply });
    expect([ended, exit?.status]).toEqual(["exited", 500]);
    expect(calls.map((call) => call.method)).toEqual([method, "kong.log.err", "kong.response.exit"]);
    await worker.expectSilence();
  });

  it("after the end of the event are refused and write nothing", async () => {
    let kept: Pdk | undefined;
    const { worker, id } = await serve(async (pdk) => {
      kept = pdk;
      return ALLOW;
    });
    await playEvent(worker, id);
    await expect(kept?.nginx.getVar("request")).rejects.toThrow("the event has ended");
    await worker.expectSilence();
  });

  it("after the connection closed are refused", async () => {
    let kept: Pdk | undefined;
    const { server, worker, id } = await serve(async (pdk) => {
      kept = pdk;
      return new Promise(() => {});
    });
    const closed = new Promise((resolve) => server.sockets[0]?.once("close", resolve));
    worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
    worker.socket.end();
    await closed;
    await expect(kept?.nginx.getVar("request")).rejects.toThrow("the event has ended");
  });
});

function callByName(pdk: Pdk, method: keyof typeof REPLIES): Promise<unknown> {
  switch (method) {
    case "kong.nginx.get_var":
      return pdk.nginx.getVar("request");
    case "kong.request.get_headers":
      return pdk.request.getHeaders(1);
    case "kong.router.get_route":
      return pdk.router.getRoute();
  }
}

/** A Struct with one field `a`. Its value is a list in a list in a list. */
function nestedLists(depth: number): Uint8Array {
  let bytes: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level += 1) {
    bytes = lengthDelimited(6, lengthDelimited(1, bytes));
  }
  return lengthDelimited(1, Buffer.concat([lengthDelimited(1, Buffer.from("a")), lengthDelimited(2, bytes)]));
}

function lengthDelimited(field: number, payload: Buffer): Buffer {
  const head = [(field << 3) | 2];
  for (let length = payload.byteLength; ; length >>>= 7) {
    head.push(length > 0x7f ? (length & 0x7f) | 0x80 : length);
    if (length <= 0x7f) {
      return Buffer.concat([Buffer.from(head), payload]);
    }
  }
}
