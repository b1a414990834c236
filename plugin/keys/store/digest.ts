import { createHash } from "node:crypto";

/** Returns the SHA-256 of a text in hex. */
export function digestOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
