import {
  ExitArgsMessage,
  IntMessage,
  ListValueMessage,
  RouteMessage,
  RpcCallMessage,
  RpcReturnMessage,
  StringMessage,
  StructMessage,
  structToHeaders,
} from "../../plugin/server/protocol/messages.ts";
import { readExitResponse, readHeaderValues } from "../../sandbox/message/exit-response.ts";
import type { Frame } from "./record/recording.ts";
import { readSteps, type Step } from "./steps.ts";

/** The sender of a message, and the meaning of the message for its receiver. */
export type Meaning = readonly [from: Frame["from"], what: string, meaning?: unknown];

export function readMeanings(frames: readonly Frame[]): Meaning[] {
  return readSteps(frames).map((step) => {
    const read = READERS[step.what];
    if (read === undefined) {
      throw new Error(`no reader for ${step.what}`);
    }
    const meaning = read(step.payload);
    return meaning === undefined ? [step.from, step.what] : [step.from, step.what, meaning];
  });
}

/** A placeholder for the request's id, because the id differs each time. */
export const REQUEST_ID = "<request id>";

/** Frames from Kong are read with the plugin server's code, and frames from the plugin server with the sandbox's code. */
const READERS: Readonly<Record<Step["what"], (payload: Buffer) => unknown>> = {
  call: readCall,
  return: (payload) => RpcReturnMessage.decode(payload),
  end: readNothing,
  "no plugin instance": readNothing,
  "kong.nginx.get_var": (payload) => StringMessage.decode(payload).v,
  "reply to kong.nginx.get_var": (payload) =>
    StringMessage.decode(payload).v?.replace(/(?<=\n)[0-9a-f]{32}$/, REQUEST_ID),
  "kong.request.get_forwarded_scheme": readNothing,
  "reply to kong.request.get_forwarded_scheme": (payload) => StringMessage.decode(payload).v,
  "kong.request.get_headers": (payload) => IntMessage.decode(payload).v,
  "reply to kong.request.get_headers": (payload) => Object.fromEntries(structToHeaders(StructMessage.decode(payload))),
  "kong.router.get_route": readNothing,
  "reply to kong.router.get_route": (payload) => RouteMessage.decode(payload),
  "kong.service.request.set_headers": (payload) => Object.fromEntries(readHeaderValues(StructMessage.decode(payload))),
  "reply to kong.service.request.set_headers": readNothing,
  "kong.log.warn": readLogParts,
  "reply to kong.log.warn": readNothing,
  "kong.log.err": readLogParts,
  "reply to kong.log.err": readNothing,
  "kong.response.exit": (payload) => {
    const { status, headers, body } = readExitResponse(ExitArgsMessage.decode(payload));
    return {
      status,
      headers: Object.fromEntries(headers),
      body: Buffer.from(body)
        .toString()
        .replace(/(?<="request_id":")[0-9a-f]{32}/, REQUEST_ID),
    };
  },
};

function readCall(payload: Buffer): unknown {
  const {
    sequence,
    cmdStartInstance: start,
    cmdCloseInstance: close,
    cmdHandleEvent: event,
  } = RpcCallMessage.decode(payload);
  if (start === undefined) {
    return { sequence, ...(event ?? { close }) };
  }
  const config = JSON.parse(Buffer.from(start.config ?? []).toString());
  // Counts how often Kong built its list of plugins. Other versions of Kong count differently, and only Kong reads the
  // number.
  return { sequence, start: start.name, config: { ...config, __seq__: typeof config.__seq__ } };
}

function readLogParts(payload: Buffer): unknown {
  return ListValueMessage.decode(payload).values?.map(({ stringValue }) =>
    stringValue?.replace(/(?<= request_id=)[0-9a-f]{32}$/, REQUEST_ID),
  );
}

function readNothing(payload: Buffer): undefined {
  if (payload.length > 0) {
    throw new Error(`${payload.length} bytes where none mean anything`);
  }
}
