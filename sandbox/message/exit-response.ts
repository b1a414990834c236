/** The response that `kong.response.exit` sends. It includes the changes that Kong and nginx make to its headers. */
import type { ExitArgs, Struct, Value } from "../../plugin/server/protocol/messages.ts";
import { escapeHeaderName, escapeHeaderValue, type Header } from "./header-list.ts";

/** nginx keeps only one value of each of these headers. If a plugin sets a list, nginx keeps the last value. */
const SINGLE_VALUED = new Set([
  "accept-ranges",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "date",
  "e-tag",
  "etag",
  "expires",
  "last-modified",
  "location",
  "refresh",
  "server",
  "www-authenticate",
]);

export interface ExitResponse {
  status: number;
  /** The headers as byte strings, ready to send. */
  headers: readonly Header[];
  body: Uint8Array;
}

/** @throws Error if the status or a header value is invalid. Kong's PDK throws an error in the same cases. */
export function readExitResponse({ status = 0, body, headers }: Partial<ExitArgs>): ExitResponse {
  if (status < 100 || status > 599) {
    throw new Error("code must be a number between 100 and 599");
  }
  const sent: Header[] = [];
  for (const [name, values] of readHeaderValues(headers ?? {})) {
    // nginx's Lua module turns underscores into dashes in response headers.
    const key = escapeHeaderName(name.replaceAll("_", "-"));
    const kept = SINGLE_VALUED.has(key.toLowerCase()) ? values.slice(-1) : values;
    if (key.toLowerCase() !== "transfer-encoding") {
      sent.push(...kept.map((value): Header => [key, escapeHeaderValue(value)]));
    }
  }
  return { status, headers: sent, body: body ?? new Uint8Array(0) };
}

/**
 * Reads header values from a protobuf Struct: strings, numbers, booleans, lists of strings. As in Kong, an empty string
 * becomes a space, because nginx would remove a header with an empty value.
 *
 * @returns byte strings.
 * @throws Error for a list with an item that is not a string.
 */
export function readHeaderValues(struct: Struct): [name: string, values: string[]][] {
  return Object.entries(struct.fields ?? {}).flatMap(([name, value]): [string, string[]][] => {
    const values = readValues(name, value);
    return values === undefined ? [] : [[toByteString(name), values]];
  });
}

function readValues(name: string, value: Value): string[] | undefined {
  if (value.listValue || value.structValue) {
    // As in Kong, a map counts as an empty list.
    const items = value.listValue?.values ?? [];
    if (items.some((item) => item.stringValue === undefined)) {
      throw new Error(`invalid header value in array "${name}": expected string`);
    }
    return items.map((item) => toByteString(item.stringValue || " "));
  }
  // Kong's conversion loses the values false and null. So a header with such a value is not sent.
  const scalar = value.stringValue ?? value.numberValue ?? (value.boolValue || undefined);
  return scalar === undefined ? undefined : [toByteString(String(scalar) || " ")];
}

function toByteString(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
