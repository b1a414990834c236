/**
 * The ids that a DB-less Kong gives to entities without an id. They are UUIDs of version 5, and depend on the entity's
 * kind and key. The sandbox uses the same ids as Kong, so its logs show the same ids as Kong's logs. The sandbox's
 * router also chooses the same Route as Kong's router, because both compare the ids of Routes as their last criterion.
 */
import { createHash } from "node:crypto";

const ENTITIES_NAMESPACE = "fd02801f-0957-4a15-a55a-c8d9606f30b5";

/** Makes a UUID of version 5 (RFC 9562, section 5.5). */
export function nameUuid(namespace: string, name: string): string {
  const hash = createHash("sha1")
    .update(Buffer.from(namespace.replaceAll("-", ""), "hex"))
    .update(name)
    .digest()
    .subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/**
 * @param key the entity's name; for a plugin, a combination of name and scope.
 * @returns Kong's id of the entity.
 */
export function entityId(kind: "services" | "routes" | "plugins" | "consumers", key: string): string {
  return nameUuid(nameUuid(ENTITIES_NAMESPACE, kind), key);
}
