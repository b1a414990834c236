import {
  ExitArgsMessage,
  IntMessage,
  ListValueMessage,
  RouteMessage,
  RpcCallMessage,
  RpcReturnMessage,
  StringMessage,
  StructMessage,
} from "../../plugin/server/protocol/messages.ts";
import { type Frame, payloadOf } from "./record/recording.ts";

/** The part of a message type that all message types share. */
interface Codec {
  decode(bytes: Uint8Array): unknown;
  encode(message: never): Uint8Array;
}

/**
 * One message of a conversation. A PDK call takes two frames on the network, its name and its arguments. The two frames
 * are one step.
 */
export interface Step {
  readonly from: Frame["from"];
  /**
   * The name of the step: `call`, `return`, `end` for the empty frame, the name of a PDK method, or `reply to` a
   * method.
   */
  readonly what: string;
  readonly payload: Buffer;
  /** The message type of the payload. */
  readonly frame: Frame;
  /**
   * Undefined if there is no payload. Examples are `google.protobuf.Empty`, the empty frame, and methods that do not
   * exist.
   */
  readonly codec: Codec | undefined;
}

const METHODS: Readonly<Record<string, { args?: Codec; reply?: Codec; endsEvent?: true }>> = {
  "kong.nginx.get_var": { args: StringMessage, reply: StringMessage },
  "kong.request.get_forwarded_scheme": { reply: StringMessage },
  "kong.request.get_headers": { args: IntMessage, reply: StructMessage },
  "kong.router.get_route": { reply: RouteMessage },
  "kong.service.request.set_headers": { args: StructMessage },
  "kong.log.warn": { args: ListValueMessage },
  "kong.log.err": { args: ListValueMessage },
  "kong.response.exit": { args: ExitArgsMessage, endsEvent: true },
  "no plugin instance": { endsEvent: true },
};

/**
 * Reads a conversation by the rules of the protocol. The frames of one side keep their order. The frames of both sides
 * are sorted. Each frame comes after the frames for which its sender waits.
 *
 * @throws Error if the conversation is incomplete, or contains an unexpected frame.
 */
export function readSteps(frames: readonly Frame[]): Step[] {
  const queues = {
    kong: frames.filter(({ from }) => from === "kong"),
    server: frames.filter(({ from }) => from === "server"),
  };
  const take: Take = (from) => {
    const frame = queues[from].shift();
    if (frame === undefined) {
      throw new Error(`the conversation ends where ${from} has to speak`);
    }
    return { from, frame, payload: payloadOf(Buffer.from(frame.hex, "hex")) };
  };
  const steps: Step[] = [];
  while (queues.kong.length > 0) {
    const call = take("kong");
    steps.push({ ...call, what: "call", codec: RpcCallMessage });
    const hasReturn = RpcCallMessage.decode(call.payload).cmdHandleEvent === undefined || readEvent(take, steps);
    if (hasReturn) {
      steps.push({ ...take("server"), what: "return", codec: RpcReturnMessage });
    }
  }
  if (queues.server.length > 0) {
    throw new Error("the server speaks unasked");
  }
  return steps;
}

export function isWhole(frames: readonly Frame[]): boolean {
  try {
    return readSteps(frames).length > 0;
  } catch {
    return false;
  }
}

type Take = (from: Frame["from"]) => Pick<Step, "from" | "frame" | "payload">;

/** @returns whether the event ended with the empty frame. A return comes after the empty frame. */
function readEvent(take: Take, steps: Step[]): boolean {
  for (;;) {
    const name = take("server");
    const what = name.payload.toString();
    if (what === "") {
      steps.push({ ...name, what: "end", codec: undefined });
      return true;
    }
    const method = METHODS[what];
    if (method === undefined) {
      throw new Error(`this test does not know the method ${what}`);
    }
    steps.push({ ...take("server"), what, codec: method.args });
    if (method.endsEvent) {
      return false;
    }
    steps.push({ ...take("kong"), what: `reply to ${what}`, codec: method.reply });
  }
}
