import { isAllow } from "../../core/model/decision.ts";
import { listCalls } from "../../kong/calls/list-calls.ts";
import type { PdkCall } from "../../kong/contract/pdk-call.ts";
import type { WaitingLine } from "../../observe/operator-log.ts";
import { encodeCall, encodePdkCall } from "./encode-call.ts";
import { encodeFrames } from "./frames.ts";
import { RpcReturnMessage } from "./messages.ts";

/** Frames that end an event. Kong answers some of the calls among them. Those answers are ignored. */
export interface EventEnding {
  readonly frames: Buffer;
  /** The number of frames that Kong will send back. */
  readonly repliesToDrop: number;
}

const EMPTY = new Uint8Array();

/**
 * Encodes any outcome of a handler as the calls that carry it out, in one write. Only our own Allow lets the request pass.
 *
 * @param warnings lines for the operator, also written to Kong's log.
 */
export function encodeOutcome(outcome: unknown, sequence: number, warnings: readonly WaitingLine[] = []): EventEnding {
  const calls = listCalls(outcome, warnings);
  const frames = calls.map(encodeCall);
  if (isAllow(outcome)) {
    frames.push(encodePass(sequence));
  }
  return { frames: Buffer.concat(frames), repliesToDrop: calls.filter(hasReply).length };
}

/** Only this function writes the empty frame, which Kong reads as "proxy it". Kong reads it only if all calls before it succeeded. */
function encodePass(sequence: number): Buffer {
  return encodeFrames(EMPTY, RpcReturnMessage.encode({ sequence }));
}

function hasReply({ method }: PdkCall): boolean {
  return method !== "kong.response.exit";
}

/** Makes Kong answer 500 and log the text, by calling a PDK method that does not exist. */
export function encodeFailure(text: string): EventEnding {
  return { frames: encodePdkCall(text, EMPTY), repliesToDrop: 0 };
}

/** With this error text, Kong forgets its instance ids, starts the instance again and repeats the event. */
export function encodeUnknownInstance(): EventEnding {
  return encodeFailure("no plugin instance");
}
