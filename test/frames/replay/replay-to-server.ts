import { once } from "node:events";
import { connect } from "node:net";
import { waitFor } from "../../gateways/gateway.ts";
import { createFrameCutter } from "../record/frame-proxy.ts";
import type { Conversation, Frame } from "../record/recording.ts";

/**
 * Plays Kong's part of a recorded conversation to a plugin server. The player sends each frame when the server has sent as
 * much as at the time of the recording.
 *
 * @returns the new conversation.
 * @throws Error if the server sends nothing more.
 */
export async function replayToServer(socketPath: string, { name, frames }: Conversation): Promise<Frame[]> {
  const said: Frame[] = [];
  const socket = connect(socketPath);
  socket.on(
    "data",
    createFrameCutter((frame) => said.push({ from: "server", hex: frame.toString("hex") })),
  );
  for (const [index, frame] of frames.entries()) {
    if (frame.from === "kong") {
      said.push(frame);
      socket.write(Buffer.from(frame.hex, "hex"));
    } else if (!(await waitFor(() => said.length > index || undefined))) {
      throw new Error(`${name}: the plugin server does not say frame ${index}`);
    }
  }
  // Frames beyond the recording arrive before the server closes the connection.
  socket.end();
  await once(socket, "close");
  return said;
}
