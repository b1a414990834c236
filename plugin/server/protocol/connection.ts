import type { Socket } from "node:net";
import type { GuardMark } from "../../kong/contract/guard-mark.ts";
import { NAME } from "../../kong/contract/plugin-identity.ts";
import { type DecisionLimits, decideInTime } from "../../kong/decide-in-time.ts";
import type { PluginInstance } from "../../kong/handler.ts";
import { describeError } from "../../observe/describe-error.ts";
import type { WaitingLine } from "../../observe/operator-log.ts";
import { encodePdkCall } from "./encode-call.ts";
import { type EventEnding, encodeFailure, encodeOutcome, encodeUnknownInstance, UNKNOWN_EVENT } from "./end-event.ts";
import { type CallPdk, createEventPdk } from "./event-pdk.ts";
import { createFrameReader, encodeFrames } from "./frames.ts";
import type { Instances } from "./instances.ts";
import { type RpcCall, RpcCallMessage, type RpcReturn, RpcReturnMessage } from "./messages.ts";
import { ReplyQueue } from "./reply-queue.ts";

export interface ConnectionOptions extends DecisionLimits {
  readonly instances: Instances;
  /** Returns lines for the operator, which the next answer writes to Kong's log. */
  readonly takeWarnings: () => readonly WaitingLine[];
}

export interface Connection {
  /**
   * Makes Kong close the connection after the next answer. Kong's next call then goes to the process that took over.
   */
  retire(): void;
  /**
   * Closes this process's half of the connection if no call has come for `idleMs`. Returns whether the process closed
   * its half. If Kong sends a call at this moment, Kong reads the end of the stream, and repeats the call on another
   * connection. Kong may also start a plugin instance again on a third connection, which must stay open. So the caller
   * must wait until Kong has closed the other half. Only then may the caller close another connection.
   */
  closeIfIdle(idleMs: number): boolean;
}

/** No event is running, and Kong may send its next call. */
const IDLE = { name: "idle" } as const;
/** Kong has left the connection and no longer reads its data. */
const LEFT = { name: "left" } as const;

/**
 * The state of a connection while an event runs. During the event, this process calls the PDK and Kong replies. Each event
 * has its own state object.
 */
interface Deciding {
  readonly name: "deciding";
  readonly sequence: number;
  stopWaiting(): void;
}

type ConnectionState = typeof IDLE | Deciding | typeof LEFT;

/**
 * An extra byte follows the last answer on a connection. Kong does not reuse a connection that still has unread bytes.
 * To end the stream would have the same effect, but the process would need a separate write for it. Kong could then
 * send its next call before the end of the stream arrives. If this call starts an instance, Kong answers the client
 * with 500.
 */
const PARTING = Buffer.of(0xff);

/**
 * Answers the calls on one connection of a Kong worker, one call at a time. During an event, the roles are reversed:
 * this process calls the PDK, and Kong replies in the order of the calls. Each error is reported in an answer, and
 * never closes the connection. If an error closed the connection, Kong would retry without end.
 */
export function serveConnection(socket: Socket, options: ConnectionOptions): Connection {
  return new ServedConnection(socket, options);
}

class ServedConnection implements Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #replies = new ReplyQueue();
  #state: ConnectionState = IDLE;
  #isRetired = false;
  #lastCallMs = performance.now();

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    const readFrame = createFrameReader((payload) => this.#takeFrame(payload));
    socket.on("data", (chunk: Buffer) => this.#read(chunk, readFrame));
    // Without this listener, a reset by the peer would end the process. Connection resets are normal, because Kong
    // closes a connection after each refusal.
    socket.on("error", (error) => options.log(`connection error: ${error.message}`));
    // Kong closes its half of the connection if the client is gone. Kong then does not read the answer any more.
    socket.on("end", () => this.#leave());
    socket.on("close", () => this.#leave());
  }

  retire(): void {
    this.#isRetired = true;
  }

  closeIfIdle(idleMs: number): boolean {
    const isUnused = performance.now() - this.#lastCallMs > idleMs;
    const mayClose = this.#state === IDLE && !this.#socket.writableEnded && isUnused;
    if (mayClose) {
      this.#socket.end();
    }
    return mayClose;
  }

  #read(chunk: Buffer, readFrame: (chunk: Buffer) => void): void {
    if (this.#socket.writableEnded) {
      return;
    }
    try {
      readFrame(chunk);
    } catch (error) {
      // The peer is not Kong, or the peer is an unknown version of Kong. A call that cannot be decoded gets no answer.
      this.#options.log(`connection dropped: ${describeError(error)}`);
      this.#socket.destroy();
    }
  }

  #takeFrame(payload: Buffer): void {
    if (this.#replies.take(payload)) {
      return;
    }
    if (this.#state !== IDLE) {
      throw new Error("a call came while an event was still running");
    }
    this.#lastCallMs = performance.now();
    this.#answerCall(RpcCallMessage.decode(payload));
  }

  #answerCall({ sequence = 0, cmdStartInstance, cmdCloseInstance, cmdHandleEvent }: RpcCall): void {
    const { instances } = this.#options;
    if (cmdStartInstance) {
      const instanceId = instances.start(Buffer.from(cmdStartInstance.config ?? []).toString());
      this.#return({ sequence, instanceStatus: { name: NAME, instanceId, startedAt: Math.floor(Date.now() / 1000) } });
    } else if (cmdCloseInstance) {
      instances.close(cmdCloseInstance.instanceId ?? 0);
      this.#return({ sequence, instanceStatus: { name: NAME, ...cmdCloseInstance } });
    } else {
      this.#answerEvent(sequence, cmdHandleEvent ?? {});
    }
  }

  #answerEvent(sequence: number, { eventName, instanceId = 0 }: NonNullable<RpcCall["cmdHandleEvent"]>): void {
    const instance = this.#options.instances.find(instanceId);
    if (eventName !== "access") {
      this.#end(encodeFailure(UNKNOWN_EVENT));
    } else if (instance) {
      this.#decide(instance, sequence);
    } else {
      this.#end(encodeUnknownInstance());
    }
  }

  #decide(instance: PluginInstance, sequence: number): void {
    const event: Deciding = { name: "deciding", sequence, stopWaiting() {} };
    this.#state = event;
    const hasEnded = (): boolean => this.#state !== event;
    const pdk = createEventPdk(this.#callPdkUntil(hasEnded), hasEnded);
    event.stopWaiting = decideInTime(instance, pdk, this.#options, (outcome, guard) => {
      this.#end(this.#encodeSafely(outcome, sequence, guard));
    });
  }

  #callPdkUntil(hasEnded: () => boolean): CallPdk {
    return (method, args, decode) => {
      if (hasEnded()) {
        return Promise.reject(new Error("the event has ended"));
      }
      const reply = this.#replies.expect(decode);
      this.#socket.write(encodePdkCall(method, args));
      return reply;
    };
  }

  /**
   * Ends an event. Kong sends all replies in the order of the calls. So the replies to the handler's own calls come
   * first, although the handler no longer needs them. Then the replies to the calls in `frames` come.
   */
  #end({ frames, repliesToDrop }: EventEnding): void {
    this.#state = IDLE;
    this.#replies.drop(repliesToDrop);
    this.#write(frames);
  }

  #encodeSafely(outcome: unknown, sequence: number, guard: GuardMark | undefined): EventEnding {
    const { takeWarnings, log } = this.#options;
    const warnings = takeWarnings();
    try {
      return encodeOutcome(outcome, sequence, warnings, guard);
    } catch (error) {
      log(`outcome not encoded: ${describeError(error)}`);
      return encodeFailure(`${NAME} failed`);
    }
  }

  #return(message: RpcReturn): void {
    this.#write(encodeFrames(RpcReturnMessage.encode(message)));
  }

  #write(frames: Buffer): void {
    if (this.#isRetired) {
      this.#socket.end(Buffer.concat([frames, PARTING]));
    } else {
      this.#socket.write(frames);
    }
  }

  #leave(): void {
    if (this.#state.name === "deciding") {
      this.#state.stopWaiting();
    }
    this.#state = LEFT;
  }
}
