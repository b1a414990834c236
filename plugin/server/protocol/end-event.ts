import { encodedCallsOf, isAllow, keepEncodedCalls } from "../../core/model/decision.ts";
import { listCalls } from "../../kong/calls/list-calls.ts";
import type { GuardMark } from "../../kong/contract/guard-mark.ts";
import type { PdkCall } from "../../kong/contract/pdk-call.ts";
import { NAME } from "../../kong/contract/plugin-identity.ts";
import type { WaitingLine } from "../../observe/operator-log.ts";
import { encodeCall, encodePdkCall } from "./encode-call.ts";
import { encodeFrames } from "./frames.ts";
import { RpcReturnMessage } from "./messages.ts";

/**
 * The answer to an unknown command, or to a phase that this plugin does not have. The command `doctor` sends an unknown
 * command on purpose, because an unknown command has no effect except this answer.
 */
export const UNKNOWN_EVENT = `${NAME} has no such command or phase`;

/** The frames of the calls that end an event. Kong replies to some of these calls. The process ignores these replies. */
export interface EventEnding {
  readonly frames: Buffer;
  /** How many replies Kong will send to the calls. */
  readonly repliesToDrop: number;
}

const EMPTY = new Uint8Array();

/**
 * Encodes all calls that carry out an outcome of a handler. The server sends the calls in one write. Only an Allow that
 * our own code made lets the request pass.
 *
 * The guard (our Lua plugin in Kong) sends the answers to refused requests, because each `kong.response.exit` would end
 * the connection to this server. Opening a new connection takes longer than a decision. The code in Kong that calls the
 * plugin server cannot distinguish an Allow from an answer that the guard will send. But the guard lets a request pass
 * only if it has a positive verdict.
 *
 * @param warnings lines for the operator, also written to Kong's log.
 * @param guard the values that the guard expects in the verdict. A client cannot forge these values, because only Kong
 * can write them.
 */
export function encodeOutcome(
  outcome: unknown,
  sequence: number,
  warnings: readonly WaitingLine[] = [],
  guard?: GuardMark,
): EventEnding {
  const isPass = isAllow(outcome);
  const known = isPass && warnings.length === 0 ? encodedCallsOf(outcome) : undefined;
  if (known) {
    const frames = Buffer.from(known.frames, "latin1");
    return { frames: Buffer.concat([frames, encodePass(sequence)]), repliesToDrop: known.repliesToDrop };
  }
  const calls = listCalls(outcome, warnings, guard);
  const frames = Buffer.concat(calls.map(encodeCall));
  const ending = { frames, repliesToDrop: calls.filter(hasReply).length };
  if (isPass && outcome.validity !== undefined && warnings.length === 0) {
    // Stores a text, because Node cuts small buffers out of buffers of 8 kB. A stored small buffer would keep all 8 kB
    // in memory.
    keepEncodedCalls(outcome, { frames: frames.toString("latin1"), repliesToDrop: ending.repliesToDrop });
  }
  if (!isPass && !guard) {
    return ending;
  }
  return { frames: Buffer.concat([frames, encodePass(sequence)]), repliesToDrop: ending.repliesToDrop };
}

/**
 * Only this function writes the empty frame. For Kong, the empty frame means "proxy the request", or "ask the guard". Kong
 * reads the empty frame only if all earlier calls succeeded.
 */
function encodePass(sequence: number): Buffer {
  return encodeFrames(EMPTY, RpcReturnMessage.encode({ sequence }));
}

function hasReply({ method }: PdkCall): boolean {
  return method !== "kong.response.exit";
}

/** Makes Kong answer 500 and log the text. To do so, the server calls a PDK method that does not exist. */
export function encodeFailure(text: string): EventEnding {
  return { frames: encodePdkCall(text, EMPTY), repliesToDrop: 0 };
}

/**
 * If Kong gets the error text "no plugin instance", Kong forgets its instance ids, starts the instance again and
 * repeats the event.
 */
export function encodeUnknownInstance(): EventEnding {
  return encodeFailure("no plugin instance");
}
