import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/**
 * The same key as one that was never generated here. Node 20 can wait for itself for ever when a key that was just generated is exported as
 * a JWK: the export holds the key's lock, and when memory is collected meanwhile, what generated the key wants that lock to end.
 */
export function rereadKey(key: KeyObject): KeyObject {
  return key.type === "private"
    ? createPrivateKey({ key: key.export({ type: "pkcs8", format: "der" }), type: "pkcs8", format: "der" })
    : createPublicKey({ key: key.export({ type: "spki", format: "der" }), type: "spki", format: "der" });
}
