import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One frame as it was on the wire, with the four bytes of its length. */
export interface Frame {
  readonly from: "kong" | "server";
  readonly hex: string;
}

/** The frames between Kong and the plugin server for one request, in order. */
export interface Conversation {
  /** That of its scenario. */
  readonly name: string;
  readonly frames: readonly Frame[];
}

export interface Recording {
  /** Kong's version. */
  readonly kong: string;
  readonly conversations: readonly Conversation[];
}

const FILE = join(import.meta.dirname, "../kong-frames.json");

/** Whether the committed recording is to be made anew. */
export const isUpdating = process.env.UPDATE_FRAMES === "1";

/** The committed recording; without conversations while it is made anew, for then nothing can be compared with it. */
export function loadRecording(): Recording {
  return isUpdating ? { kong: "", conversations: [] } : JSON.parse(readFileSync(FILE, "utf8"));
}

export function saveRecording(recording: Recording): void {
  writeFileSync(FILE, `${JSON.stringify(recording, null, 2)}\n`);
}

/** Cuts off the length. */
export function payloadOf(frame: Buffer): Buffer {
  return frame.subarray(4);
}
