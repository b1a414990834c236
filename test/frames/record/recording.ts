import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One frame as it was on the network, with the four bytes of its length. */
export interface Frame {
  readonly from: "kong" | "server";
  readonly hex: string;
}

/** The frames between Kong and the plugin server for one request, in order. */
export interface Conversation {
  /** The name of the frame's scenario. */
  readonly name: string;
  readonly frames: readonly Frame[];
}

export interface Recording {
  /** Kong's version. */
  readonly kong: string;
  readonly conversations: readonly Conversation[];
}

/** One line for each frame: its sender and its bytes. */
interface Stored extends Omit<Recording, "conversations"> {
  readonly conversations: Readonly<Record<string, readonly string[]>>;
}

const FILE = join(import.meta.dirname, "../kong-frames.json");

/** Whether the test makes a new recording in place of the committed recording. */
export const isUpdating = process.env.UPDATE_FRAMES === "1";

/**
 * The committed recording. While the recording is made again, it has no conversations, because nothing can then be
 * compared with it.
 */
export function loadRecording(): Recording {
  if (isUpdating) {
    return { kong: "", conversations: [] };
  }
  const { kong, conversations }: Stored = JSON.parse(readFileSync(FILE, "utf8"));
  const readFrames = (lines: readonly string[]): Frame[] =>
    lines.map((line) => line.split(" ")).map(([from, hex = ""]) => ({ from: from as Frame["from"], hex }));
  return {
    kong,
    conversations: Object.entries(conversations).map(([name, lines]) => ({ name, frames: readFrames(lines) })),
  };
}

export function saveRecording(recording: Recording): void {
  const conversations = Object.fromEntries(
    recording.conversations.map(({ name, frames }) => [name, frames.map(({ from, hex }) => `${from} ${hex}`)]),
  );
  writeFileSync(FILE, `${JSON.stringify({ ...recording, conversations } satisfies Stored, null, 2)}\n`);
}

/** Cuts off the length of the frame. */
export function payloadOf(frame: Buffer): Buffer {
  return frame.subarray(4);
}
