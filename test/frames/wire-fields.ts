import protobuf from "protobufjs/light.js";

/** One field of an encoded message. */
export interface WireField {
  readonly id: number;
  /** The bytes of the field, including its tag. */
  readonly hex: string;
}

/**
 * Splits a message into its fields without knowing its type. The order of the parts does not depend on the sender: Kong
 * writes fields and map entries in the order of its hash tables.
 */
export function readWireFields(message: Buffer): WireField[] {
  const reader = protobuf.Reader.create(message);
  const fields: WireField[] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.uint32();
    reader.skipType(tag & 7);
    fields.push({ id: tag >>> 3, hex: message.toString("hex", start, reader.pos) });
  }
  return fields.sort((a, b) => a.id - b.id || a.hex.localeCompare(b.hex));
}
