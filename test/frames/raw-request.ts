import { connect } from "node:net";

/**
 * Sends unchanged bytes, and waits until the gateway closes the connection.
 *
 * @param request one character per byte.
 * @returns the answer's status.
 */
export async function sendRaw(port: number, request: string): Promise<number> {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.write(Buffer.from(request, "latin1"));
  await new Promise((resolve, reject) => socket.on("close", resolve).on("error", reject));
  return Number(Buffer.concat(chunks).toString("latin1", 9, 12));
}
