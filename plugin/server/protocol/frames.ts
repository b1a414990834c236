/**
 * Encodes and decodes the frames of Kong's `ProtoBuf:1` plugin protocol. A frame begins with the length of its content in
 * bytes, as a uint32 in little-endian order. After the length comes the content. If Kong waits for the name of a PDK
 * method, an empty frame ends the event. Kong then proxies the request.
 */

/**
 * Maximum length of a frame's content in bytes. A large inline policy stays below this limit. The limit protects the
 * process's memory from large frames.
 */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;

const LENGTH_BYTES = 4;

/** Prepends the length of `payload` to `payload`. */
export function encodeFrame(payload: Uint8Array): Buffer {
  return encodeFrames(payload);
}

/** Encodes several frames into one buffer. */
export function encodeFrames(...payloads: readonly Uint8Array[]): Buffer {
  const bytes = payloads.reduce((sum, { byteLength }) => sum + LENGTH_BYTES + byteLength, 0);
  const frames = Buffer.allocUnsafe(bytes);
  let offset = 0;
  for (const payload of payloads) {
    frames.writeUInt32LE(payload.byteLength, offset);
    frames.set(payload, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + payload.byteLength;
  }
  return frames;
}

/**
 * Splits a byte stream into frames, whatever the size of the chunks.
 *
 * @param onFrame called for each complete frame, in order. The buffer of the frame is valid only during the call.
 * @returns a function that receives the chunks. If a frame announces more than `maxBytes` bytes, the function throws a
 *   RangeError. The stream cannot be used after the error, and the caller must drop it.
 */
export function createFrameReader(
  onFrame: (payload: Buffer) => void,
  maxBytes: number = MAX_FRAME_BYTES,
): (chunk: Buffer) => void {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let wantedBytes = LENGTH_BYTES;

  return (chunk) => {
    pending.push(chunk);
    pendingBytes += chunk.byteLength;
    // The class joins the chunks of a frame only when the frame is complete. So even for many small chunks, the time
    // grows only linearly with the length of the frame.
    if (pendingBytes < wantedBytes) {
      return;
    }
    let bytes = pending.length === 1 ? chunk : Buffer.concat(pending, pendingBytes);
    wantedBytes = LENGTH_BYTES;
    while (bytes.byteLength >= LENGTH_BYTES) {
      const length = bytes.readUInt32LE(0);
      if (length > maxBytes) {
        throw new RangeError(`a frame announces ${length} bytes, the limit is ${maxBytes}`);
      }
      if (bytes.byteLength < LENGTH_BYTES + length) {
        wantedBytes = LENGTH_BYTES + length;
        break;
      }
      const payload = bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
      bytes = bytes.subarray(LENGTH_BYTES + length);
      onFrame(payload);
    }
    pending = bytes.byteLength === 0 ? [] : [bytes];
    pendingBytes = bytes.byteLength;
  };
}
