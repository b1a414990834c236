import { isAscii, isUtf8, transcode } from "node:buffer";

const LINE_FEED = 0x0a;
const LAST_ASCII = 0x7f;
const LOST = 0xfffd;
/**
 * If a line with invalid UTF-8 is longer than this, all its bytes beyond ASCII are replaced. To decode the line exactly
 * would take longer than the decision about the request.
 */
const MAX_EXACT_BYTES = 1_024;

/**
 * Decodes bytes that a client sent, as UTF-8. Invalid bytes become U+FFFD, which no check accepts. Node's usual decoder
 * takes 3 ns for each byte beyond ASCII. With this decoder, 32 kB of such bytes would take longer than all other work
 * on a request.
 */
export function decodeClientText(sent: Uint8Array): string {
  const bytes = Buffer.isBuffer(sent) ? sent : Buffer.from(sent.buffer, sent.byteOffset, sent.byteLength);
  if (isAscii(bytes)) {
    return bytes.toString("latin1");
  }
  // The function decodes each line separately, because an invalid byte in one line must not change another line.
  return isUtf8(bytes) ? decodeUtf8(bytes) : splitLines(bytes).map(decodeLine).join("\n");
}

function decodeUtf8(bytes: Buffer): string {
  return transcode(bytes, "utf8", "utf16le").toString("utf16le");
}

function splitLines(bytes: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return [...lines, bytes.subarray(start)];
}

function decodeLine(line: Buffer): string {
  if (isUtf8(line)) {
    return decodeUtf8(line);
  }
  return line.length <= MAX_EXACT_BYTES ? line.toString("utf8") : decodeWithoutLost(line);
}

function decodeWithoutLost(line: Buffer): string {
  const units = new Uint16Array(line.length);
  for (let index = 0; index < line.length; index += 1) {
    const byte = line[index] ?? 0;
    units[index] = byte > LAST_ASCII ? LOST : byte;
  }
  return Buffer.from(units.buffer).toString("utf16le");
}
