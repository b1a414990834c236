/**
 * One HTTP/2 request as bytes. It is for requests that correct clients do not send: with headers about the connection,
 * or with a header twice.
 */
import { connect, type Socket } from "node:net";

const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, goAway: 7 } as const;
const END_OF_STREAM = 1;
const END_OF_HEADERS = 4;
const END_OF_STREAM_AND_HEADERS = 5;
/** Statuses that are encoded as one byte (RFC 7541 appendix A). */
const STATUS_BYTES: ReadonlyMap<number | undefined, number> = new Map([
  [0x88, 200],
  [0x8c, 400],
  [0x8d, 404],
  [0x8e, 500],
]);

type Fields = readonly (readonly [name: string, value: string])[];

type RawStatus = number | "other" | "reset";

interface RawRequest {
  /** GET unless given. */
  readonly method?: string;
  /** Without a body, the request ends with its headers. */
  readonly body?: Buffer;
  /** Fields after the body (RFC 9113 section 8.1). */
  readonly trailers?: Fields;
}

/** @returns the status; `other` for an unknown status; `reset` if the stream or connection was reset. */
export async function sendRawHttp2(
  url: string,
  path: string,
  headers: Fields,
  { method = "GET", body, trailers }: RawRequest = {},
): Promise<RawStatus> {
  const { hostname, port, host } = new URL(url);
  const pseudo = [":method", method, ":scheme", "http", ":path", path, ":authority", host];
  const block = encodeHeaders([...pseudo, ...headers.flat()]);
  const socket = connect(Number(port), hostname);
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  socket.write(encodeFrame(FRAME.settings, 0, 0, Buffer.alloc(0)));
  socket.write(encodeFrame(FRAME.headers, body ? END_OF_HEADERS : END_OF_STREAM_AND_HEADERS, 1, block));
  if (body) {
    socket.write(encodeFrame(FRAME.data, trailers ? 0 : END_OF_STREAM, 1, body));
  }
  if (trailers) {
    socket.write(encodeFrame(FRAME.headers, END_OF_STREAM_AND_HEADERS, 1, encodeHeaders(trailers.flat())));
  }
  return readStatus(socket);
}

async function readStatus(socket: Socket): Promise<RawStatus> {
  let received: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 9 && received.length >= sizeOf(received)) {
        const status = statusOf(received);
        if (status !== undefined) {
          return status;
        }
        received = received.subarray(sizeOf(received));
      }
    }
  } catch {
    // The other side ended the stream early.
  } finally {
    socket.destroy();
  }
  return "reset";
}

function sizeOf(frame: Buffer): number {
  return 9 + frame.readUIntBE(0, 3);
}

/** The state of the stream after the first frame; undefined if the frame does not change it. */
function statusOf(frame: Buffer): RawStatus | undefined {
  if (frame[3] === FRAME.headers) {
    return STATUS_BYTES.get(frame[9]) ?? "other";
  }
  return frame[3] === FRAME.reset || frame[3] === FRAME.goAway ? "reset" : undefined;
}

function encodeFrame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Literals without index and compression (RFC 7541 section 6.2.2). */
function encodeHeaders(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text, index) => [...(index % 2 === 0 ? [Buffer.from([0])] : []), encodeText(text)]),
  );
}

function encodeText(text: string): Buffer {
  const length: number[] = [];
  let rest = text.length;
  if (rest < 0x7f) {
    length.push(rest);
  } else {
    length.push(0x7f);
    for (rest -= 0x7f; rest >= 0x80; rest >>= 7) {
      length.push((rest & 0x7f) | 0x80);
    }
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), Buffer.from(text, "latin1")]);
}
