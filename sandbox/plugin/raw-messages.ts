/**
 * Encodes byte strings in protobuf messages. Kong copies header bytes into `string` fields unchanged, even if the bytes
 * are not valid UTF-8. An encoder for JavaScript strings would change these bytes. The byte strings have one character
 * per byte (latin1).
 */
import protobuf from "protobufjs/light.js";

const BYTES_FIELD = (id: number): number => (id << 3) | 2;

/**
 * Encodes `kong_plugin_protocol.String`. In proto3, both an empty string and an absent string have an encoding of zero
 * bytes.
 */
export function encodeString(text: string | undefined): Uint8Array {
  return text ? encodeBytesField(1, Buffer.from(text, "latin1")) : new Uint8Array(0);
}

/**
 * Encodes a `google.protobuf.Struct` of strings and lists of strings. Like Kong's encoder, this function turns an empty list into
 * `{}`.
 */
export function encodeStruct(values: ReadonlyMap<string, string | readonly string[]>): Uint8Array {
  const entries = [...values].map(([key, value]) =>
    encodeBytesField(
      1,
      Buffer.concat([encodeBytesField(1, Buffer.from(key, "latin1")), encodeBytesField(2, encodeValue(value))]),
    ),
  );
  return Buffer.concat(entries);
}

function encodeValue(value: string | readonly string[]): Uint8Array {
  if (typeof value === "string") {
    return encodeBytesField(3, Buffer.from(value, "latin1"));
  }
  if (value.length === 0) {
    return encodeBytesField(5, new Uint8Array(0));
  }
  const items = value.map((item) => encodeBytesField(1, encodeValue(item)));
  return encodeBytesField(6, Buffer.concat(items));
}

function encodeBytesField(id: number, bytes: Uint8Array): Uint8Array {
  return protobuf.Writer.create().uint32(BYTES_FIELD(id)).bytes(bytes).finish();
}
