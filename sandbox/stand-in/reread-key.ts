import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/**
 * Returns a copy of a generated key, read from its DER form. Node 20 can deadlock when it exports a freshly generated key as a
 * JWK. During the export, Node locks the key. If garbage collection runs at this time, it destroys the key's generator.
 * The generator then waits for the same lock.
 */
export function rereadKey(key: KeyObject): KeyObject {
  return key.type === "private"
    ? createPrivateKey({ key: key.export({ type: "pkcs8", format: "der" }), type: "pkcs8", format: "der" })
    : createPublicKey({ key: key.export({ type: "spki", format: "der" }), type: "spki", format: "der" });
}
