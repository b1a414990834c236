import { describe, expect, it } from "vitest";
import {
  headersToStruct,
  RpcCallMessage,
  RpcReturnMessage,
  StringMessage,
  StructMessage,
  structToHeaders,
} from "../../../plugin/server/protocol/messages.ts";

describe("headers as a Struct", () => {
  it.each<[what: string, headers: Record<string, string | string[]>]>([
    ["none", {}],
    ["a string", { "x-a": "1" }],
    ["an empty string", { "x-a": "" }],
    ["a list", { "x-a": ["1", "2"] }],
    ["an empty list, which removes", { "x-a": [] }],
    ["many at once", Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`x-${index}`, `${index}`]))],
    ["names that every JavaScript object has", { constructor: "1", toString: "2", hasownproperty: "3" }],
  ])("are decoded as they were encoded: %s", (_what, headers) => {
    const decoded = structToHeaders(StructMessage.decode(StructMessage.encode(headersToStruct(headers))));
    expect(decoded).toEqual(
      new Map(Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? [value] : value])),
    );
  });

  it("count a header named __proto__ like any other, because an uncounted header could hide another beyond the limit", () => {
    const text = (field: number, bytes: Buffer): Buffer =>
      Buffer.concat([Buffer.from([(field << 3) | 2, bytes.byteLength]), bytes]);
    const entry = (name: string): Buffer =>
      text(1, Buffer.concat([text(1, Buffer.from(name)), text(2, text(3, Buffer.from("x")))]));
    const headers = structToHeaders(StructMessage.decode(Buffer.concat([entry("__proto__"), entry("x-a")])));
    expect([...headers.keys()]).toEqual(["__proto__", "x-a"]);
  });

  it("leave out values that are not a string or a list of strings", () => {
    const headers = structToHeaders({
      fields: {
        "x-number": { numberValue: 1 },
        "x-flag": { boolValue: true },
        "x-nothing": {},
        "x-mixed": { listValue: { values: [{ stringValue: "a" }, { numberValue: 1 }] } },
        "x-list": { listValue: {} },
      },
    });
    expect(headers).toEqual(
      new Map([
        ["x-mixed", ["a"]],
        ["x-list", []],
      ]),
    );
  });
});

describe("bytes that are not UTF-8", () => {
  it("decode to U+FFFD instead of an error", () => {
    expect(StringMessage.decode(Buffer.from([0x0a, 2, 0x61, 0xff]))).toEqual({ v: "a\ufffd" });
  });
});

describe("numbers", () => {
  it.each([-1, 2 ** 31 - 1, -(2 ** 31)])("keep the int32 id %i", (instanceId) => {
    const call = { cmdCloseInstance: { instanceId } };
    expect(RpcCallMessage.decode(RpcCallMessage.encode({ sequence: 1, ...call }))).toEqual({ sequence: 1, ...call });
  });

  it("keep a sequence of 2^53 - 1", () => {
    const message = { sequence: Number.MAX_SAFE_INTEGER };
    expect(RpcReturnMessage.decode(RpcReturnMessage.encode(message))).toEqual(message);
  });
});

it("reads the wire form of Kong's pluginsocket.proto", () => {
  // sequence 2, cmd_handle_event { instance_id 300, event_name "access" }
  const wire = Buffer.from("0802a202" + "0b" + "08ac02" + "1206616363657373", "hex");
  expect(RpcCallMessage.decode(wire)).toEqual({
    sequence: 2,
    cmdHandleEvent: { instanceId: 300, eventName: "access" },
  });
  expect(Buffer.from(RpcCallMessage.encode(RpcCallMessage.decode(wire)))).toEqual(wire);
});
