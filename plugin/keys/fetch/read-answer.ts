import type { IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import { type JsonObject, readJsonObject } from "../../core/json/json.ts";

/** Longest accepted answer of a key server, in bytes. Key sets of large providers are below 30 kB. */
const MAX_BODY_BYTES = 512 * 1024;
/**
 * Maximum number of members and elements in a key set. A key set of a hundred keys with certificates has two thousand members
 * and elements.
 */
export const MAX_MEMBERS = 8_192;
const TOO_LONG = `the answer is longer than ${MAX_BODY_BYTES} bytes`;

/**
 * Reads the JSON object that a key server sent. The function rejects duplicate member names, because different parsers
 * could then read different key sets from the same text.
 *
 * @throws Error that says what the server sent instead. The message does not quote the content.
 */
export async function readAnswer(response: IncomingMessage): Promise<JsonObject> {
  const { statusCode = 0, headers } = response;
  if (statusCode !== 200) {
    throw new Error(`status ${statusCode}${describeRedirect(statusCode)}`);
  }
  if (/^(?:text\/html|application\/xhtml\+xml)\b/i.test(String(headers["content-type"]))) {
    throw new Error("the server sent a web page instead of JSON; check the address");
  }
  const packed = await readBounded(response);
  const text = decode(unpack(packed, headers["content-encoding"]));
  const read = readJsonObject(text, MAX_MEMBERS);
  if (!read.ok) {
    throw new Error(`the answer is not a JSON object: ${read.failure}`);
  }
  return read.value;
}

function describeRedirect(statusCode: number): string {
  return statusCode >= 300 && statusCode <= 399
    ? ": redirects are not followed; write the final URL in the policy"
    : "";
}

async function readBounded(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) {
      throw new Error(TOO_LONG);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The request does not accept compression, but object stores often send gzip anyway. */
function unpack(bytes: Buffer, encoding = "identity"): Buffer {
  switch (encoding.trim().toLowerCase()) {
    case "identity":
    case "":
      return bytes;
    case "gzip":
    case "x-gzip":
      try {
        return gunzipSync(bytes, { maxOutputLength: MAX_BODY_BYTES });
      } catch (error) {
        const isTooLong = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
        throw new Error(isTooLong ? TOO_LONG : "the answer is broken gzip");
      }
    default:
      throw new Error("the answer has a content coding that the request did not ask for");
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("the answer is not UTF-8");
  }
}
