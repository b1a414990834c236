import { readConsumer } from "../../kong/contract/kong-consumer.ts";
import type { PdkArguments, PdkCall, PdkMethod } from "../../kong/contract/pdk-call.ts";
import { encodeFrames } from "./frames.ts";
import {
  AuthenticateArgsMessage,
  ExitArgsMessage,
  headersToStruct,
  KVMessage,
  ListValueMessage,
  StringMessage,
  StructMessage,
} from "./messages.ts";

/** Encoders of the arguments of each PDK method. */
const ARGUMENTS: { readonly [M in PdkMethod]: (...args: PdkArguments[M]) => Uint8Array } = {
  "kong.log.notice": encodeLine,
  "kong.log.warn": encodeLine,
  "kong.log.err": encodeLine,
  "kong.client.authenticate": (consumer, { id = "", consumer_id: consumerId = "" }) =>
    AuthenticateArgsMessage.encode({ consumer: readConsumer(consumer), credential: { id, consumerId } }),
  // In Kong's protocol, a value without a field means Lua's nil.
  "kong.nginx.set_ctx": (k, value) =>
    KVMessage.encode({ k, v: value === undefined ? {} : { structValue: headersToStruct({ id: value.id }) } }),
  "kong.ctx.shared.set": (k, value) =>
    KVMessage.encode({ k, v: value === undefined ? {} : { listValue: listOf(value) } }),
  "kong.service.request.set_raw_query": (v) => StringMessage.encode({ v }),
  "kong.service.request.set_headers": (headers) => StructMessage.encode(headersToStruct(headers)),
  "kong.response.exit": (status, body, headers) =>
    ExitArgsMessage.encode({ status, body: Buffer.from(body), headers: headersToStruct(headers) }),
};

/** Encodes a call as two frames. The first frame has the PDK method, and the second frame has the arguments. */
export function encodeCall<M extends PdkMethod>({ method, args }: PdkCall<M>): Buffer {
  return encodePdkCall(method, ARGUMENTS[method](...args));
}

/**
 * Encodes a call as two frames. The first frame has the PDK method, and the second frame has arguments that are already
 * encoded.
 */
export function encodePdkCall(method: string, args: Uint8Array): Buffer {
  return encodeFrames(Buffer.from(method), args);
}

function encodeLine(line: string): Uint8Array {
  return ListValueMessage.encode(listOf([line]));
}

function listOf(texts: readonly string[]): { values: { stringValue: string }[] } {
  return { values: texts.map((text) => ({ stringValue: text })) };
}
