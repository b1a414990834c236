import { connect } from "node:net";
import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { UNKNOWN_EVENT } from "../../../plugin/server/protocol/end-event.ts";
import { createFrameReader, encodeFrame } from "../../../plugin/server/protocol/frames.ts";
import { RpcCallMessage } from "../../../plugin/server/protocol/messages.ts";

/** The limit for the size of an answer. The limit is generous: the expected answer has only a few bytes. */
const MAX_FRAME_BYTES = 4_096;

/** The reason why the plugin server did not answer as expected. */
export interface NoAnswer {
  readonly because: "missing" | "refused" | "forbidden" | "silent" | "foreign" | "failed";
  readonly detail: string;
}

const CAUSES: Readonly<Record<string, NoAnswer["because"]>> = {
  ENOENT: "missing",
  ECONNREFUSED: "refused",
  EACCES: "forbidden",
  EPERM: "forbidden",
  ECONNRESET: "foreign",
  EPIPE: "foreign",
};

/**
 * Calls the plugin server as Kong's workers do. The unknown command has no effect: it starts no plugin instance and
 * judges no request.
 *
 * @param timeoutMs limit for connection and answer.
 */
export function askSocket(path: string, timeoutMs: number): Promise<Result<undefined, NoAnswer>> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (result: Result<undefined, NoAnswer>): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => {
      end(fail({ because: "silent", detail: `no answer in ${timeoutMs} ms` }));
    }, timeoutMs);
    const read = createFrameReader((frame) => {
      const text = frame.toString("latin1");
      end(text === UNKNOWN_EVENT ? succeed(undefined) : fail({ because: "foreign", detail: "another answer came" }));
    }, MAX_FRAME_BYTES);
    socket.on("connect", () => {
      const call = RpcCallMessage.encode({ sequence: 1, cmdHandleEvent: { instanceId: 0, eventName: "doctor" } });
      socket.write(encodeFrame(call));
    });
    socket.on("data", (chunk) => {
      try {
        read(chunk);
      } catch {
        end(fail({ because: "foreign", detail: "the answer has another protocol" }));
      }
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      end(fail({ because: CAUSES[error.code ?? ""] ?? "failed", detail: error.code ?? error.message }));
    });
    socket.on("close", () => end(fail({ because: "foreign", detail: "the connection was closed without an answer" })));
  });
}
