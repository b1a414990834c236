import { type Allow, isAllow } from "../../core/model/decision.ts";
import { listCalls } from "../../kong/calls/list-calls.ts";
import type { GuardMark } from "../../kong/contract/guard-mark.ts";
import type { PdkCall } from "../../kong/contract/pdk-call.ts";
import { NAME } from "../../kong/contract/plugin-identity.ts";
import type { WaitingLine } from "../../observe/operator-log.ts";
import { encodeCall, encodePdkCall } from "./encode-call.ts";
import { encodeFrames } from "./frames.ts";
import { RpcReturnMessage } from "./messages.ts";

/**
 * The answer to a command or a phase that this plugin does not have. `doctor` sends such a command on purpose, because
 * the plugin then does nothing else.
 */
export const UNKNOWN_EVENT = `${NAME} has no such command or phase`;

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
 * The guard answers refused requests, because each `kong.response.exit` ends the connection to this server, and a new connection
 * costs more than the decision. Kong's client of the plugin socket sees no difference from an Allow. But the guard lets no request
 * pass without the verdict of an Allow.
 *
 * @param warnings lines for the operator, also written to Kong's log.
 * @param guard the mark of the guard that waits for the outcome. Only Kong can write a mark.
 */
export function encodeOutcome(
  outcome: unknown,
  sequence: number,
  warnings: readonly WaitingLine[] = [],
  guard?: GuardMark,
): EventEnding {
  const isPass = isAllow(outcome);
  const known = isPass && warnings.length === 0 ? encoded.get(outcome) : undefined;
  if (known) {
    return { frames: Buffer.concat([known.frames, encodePass(sequence)]), repliesToDrop: known.repliesToDrop };
  }
  const calls = listCalls(outcome, warnings, guard);
  const frames = Buffer.concat(calls.map(encodeCall));
  const ending = { frames, repliesToDrop: calls.filter(hasReply).length };
  if (isPass && outcome.validity !== undefined && warnings.length === 0) {
    encoded.set(outcome, ending);
  }
  if (!isPass && !guard) {
    return ending;
  }
  return { frames: Buffer.concat([frames, encodePass(sequence)]), repliesToDrop: ending.repliesToDrop };
}

/** The encoded calls of decisions that may be reused. A decision never changes, so its calls never change either. */
const encoded = new WeakMap<Allow, EventEnding>();

/**
 * Only this function writes the empty frame, which Kong reads as "proxy it", or as "ask the guard". Kong reads it only if all calls
 * before it succeeded.
 */
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
