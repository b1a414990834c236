import { connect } from "node:net";

export interface Answer {
  readonly status: number;
  /** The names are in small letters. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const TIMEOUT_MS = 60_000;

/**
 * Sends a request over a connection of its own, unchanged (one character per byte). Then reads until the gateway closes
 * the connection. Attacks need bytes that no HTTP client sends.
 */
export function sendBytes(url: string, request: string): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error("no answer in time")));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("end", () => socket.end());
    socket.on("error", reject);
    socket.on("close", () => resolve(readAnswer(Buffer.concat(chunks).toString("latin1"))));
    socket.write(Buffer.from(request, "latin1"));
  });
}

function readAnswer(text: string): Answer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(statusLine.split(" ")[1]), headers: new Map(headers), body: rest.join("\r\n\r\n") };
}
