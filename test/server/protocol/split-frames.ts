import { createFrameReader } from "../../../plugin/server/protocol/frames.ts";

/** The payloads of the frames in these bytes. */
export function splitFrames(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  createFrameReader((frame) => frames.push(Buffer.from(frame)))(bytes);
  return frames;
}
