import type { Socket } from "node:net";
import { NAME } from "../../kong/contract/plugin-identity.ts";
import { denyOwn } from "../../kong/deny-own.ts";
import type { PluginInstance } from "../../kong/handler.ts";
import { describeError } from "../../observe/describe-error.ts";
import type { WaitingLine } from "../../observe/operator-log.ts";
import { type EventEnding, encodeFailure, encodeOutcome, encodePdkCall, encodeUnknownInstance } from "./end-event.ts";
import { type CallPdk, createEventPdk } from "./event-pdk.ts";
import { createFrameReader, encodeFrame } from "./frames.ts";
import type { Instances } from "./instances.ts";
import { type RpcCall, RpcCallMessage, type RpcReturn, RpcReturnMessage } from "./messages.ts";

export interface ConnectionOptions {
  readonly instances: Instances;
  /** Time limit for one event in milliseconds. After it the request is refused, whatever the handler still does. */
  readonly deadlineMs: number;
  /** Lines for the operator that the next answer may carry into Kong's log. */
  readonly takeWarnings: () => readonly WaitingLine[];
  readonly log: (line: string) => void;
}

export interface Connection {
  /** Makes Kong drop the connection after its next answer, so that Kong's next call goes to the process that took over. */
  retire(): void;
  /**
   * Closes this side's half if no call has come for this long. Returns whether it did. A call that Kong sends at that moment
   * finds the end of the stream, and Kong sends it again on another connection. But a plugin instance that Kong then restarts
   * must not find another closed stream. So close the next connection only after Kong has closed its half of this one.
   */
  closeIfIdle(idleMs: number): boolean;
}

interface Event {
  readonly sequence: number;
  hasEnded: boolean;
  deadline?: NodeJS.Timeout;
}

type ReplyHandler = (reply: Buffer) => void;

const dropReply: ReplyHandler = () => {};

/**
 * Follows the last answer of a connection. Kong does not reuse a connection that still has bytes to read. The end of the stream
 * would have the same effect, but it is a separate write. Kong may have sent the next call by then, and if that call starts an
 * instance, Kong answers 500.
 */
const PARTING = Buffer.of(0xff);

/**
 * Serves one connection of a Kong worker, one call at a time. During an event the roles are reversed: this side calls the PDK,
 * and Kong replies in order. The connection is never closed instead of an answer, because Kong retries a closed one without end.
 */
export function serveConnection(
  socket: Socket,
  { instances, deadlineMs, takeWarnings, log }: ConnectionOptions,
): Connection {
  const replyHandlers: ReplyHandler[] = [];
  let current: Event | undefined;
  let isRetired = false;
  let lastCallMs = performance.now();

  const write = (frames: Buffer): void => {
    if (isRetired) {
      socket.end(Buffer.concat([frames, PARTING]));
    } else {
      socket.write(frames);
    }
  };
  const answer = (message: RpcReturn): void => write(encodeFrame(RpcReturnMessage.encode(message)));

  const finish = (event: Event, ending: EventEnding): void => {
    endEvent(event);
    current = undefined;
    // Replies that the handler no longer needs still arrive in order. So do the replies to the calls in the ending.
    replyHandlers.fill(dropReply).push(...Array.from({ length: ending.repliesToDrop }, () => dropReply));
    write(ending.frames);
  };

  const callFor = (event: Event): CallPdk => {
    return (method, args, decode) =>
      new Promise((resolve, reject) => {
        if (event.hasEnded) {
          reject(new Error("the event has ended"));
          return;
        }
        replyHandlers.push((reply) => {
          try {
            resolve(decode(reply));
          } catch (error) {
            reject(error);
          }
        });
        socket.write(encodePdkCall(method, args));
      });
  };

  const runEvent = (instance: PluginInstance, event: Event): void => {
    const conclude = (outcome: unknown): void => {
      if (!event.hasEnded) {
        finish(event, encodeSafely(outcome, event.sequence, takeWarnings(), log));
      }
    };
    event.deadline = setTimeout(() => conclude(denyOwn("deadline_exceeded", `${deadlineMs} ms`)), deadlineMs);
    const fail = (error: unknown): void => {
      log(`event failed: ${describeError(error)}`);
      conclude(denyOwn("internal_error", "see the plugin server's log"));
    };
    try {
      instance.access(createEventPdk(callFor(event), () => event.hasEnded)).then(conclude, fail);
    } catch (error) {
      fail(error);
    }
  };

  const handleCall = ({ sequence = 0, cmdStartInstance, cmdCloseInstance, cmdHandleEvent }: RpcCall): void => {
    if (cmdStartInstance) {
      const instanceId = instances.start(Buffer.from(cmdStartInstance.config ?? []).toString());
      answer({ sequence, instanceStatus: { name: NAME, instanceId, startedAt: Math.floor(Date.now() / 1000) } });
    } else if (cmdCloseInstance) {
      instances.close(cmdCloseInstance.instanceId ?? 0);
      answer({ sequence, instanceStatus: { name: NAME, ...cmdCloseInstance } });
    } else {
      current = { sequence, hasEnded: false };
      const instance = instances.find(cmdHandleEvent?.instanceId ?? 0);
      if (cmdHandleEvent?.eventName !== "access") {
        finish(current, encodeFailure(`${NAME} has no such command or phase`));
      } else if (instance) {
        runEvent(instance, current);
      } else {
        finish(current, encodeUnknownInstance());
      }
    }
  };

  const readFrame = createFrameReader((payload) => {
    const handleReply = replyHandlers.shift();
    if (handleReply) {
      handleReply(payload);
    } else if (current) {
      throw new Error("a call came while an event was under way");
    } else {
      lastCallMs = performance.now();
      handleCall(RpcCallMessage.decode(payload));
    }
  });

  socket.on("data", (chunk: Buffer) => {
    if (socket.writableEnded) {
      return;
    }
    try {
      readFrame(chunk);
    } catch (error) {
      // Not Kong, or an unknown version of Kong: an unreadable call cannot be answered.
      log(`connection dropped: ${describeError(error)}`);
      socket.destroy();
    }
  });
  // Without this listener, a reset by the peer would end the process. Kong drops a connection after each refusal.
  socket.on("error", (error) => log(`connection error: ${error.message}`));
  const abandon = (): void => {
    if (current) {
      endEvent(current);
    }
    replyHandlers.length = 0;
  };
  // Kong ends its side if the client is gone, and does not read the answer.
  socket.on("end", abandon);
  socket.on("close", abandon);

  return {
    retire() {
      isRetired = true;
    },
    closeIfIdle(idleMs) {
      const isIdle = !current && !socket.writableEnded && performance.now() - lastCallMs > idleMs;
      if (isIdle) {
        socket.end();
      }
      return isIdle;
    },
  };
}

function endEvent(event: Event): void {
  event.hasEnded = true;
  clearTimeout(event.deadline);
}

function encodeSafely(
  outcome: unknown,
  sequence: number,
  warnings: readonly WaitingLine[],
  log: (line: string) => void,
): EventEnding {
  try {
    return encodeOutcome(outcome, sequence, warnings);
  } catch (error) {
    log(`outcome not encoded: ${describeError(error)}`);
    return encodeFailure(`${NAME} failed`);
  }
}
