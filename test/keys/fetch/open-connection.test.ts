import { getEventListeners, once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createSecureContext } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import { openConnection } from "../../../plugin/keys/fetch/open-connection.ts";
import { resolveName } from "../../../plugin/keys/fetch/resolve-name.ts";

async function listen(accept: (socket: Socket) => void): Promise<{ port: number }> {
  const server = createServer(accept).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port };
}

const openUrl = (url: string, signal: AbortSignal): Promise<Socket> =>
  openConnection(new URL(url), createSecureContext(), { resolve: resolveName, signal });
const open = (port: number, signal: AbortSignal): Promise<Socket> => openUrl(`http://127.0.0.1:${port}/`, signal);

it("a URL of https without a port means port 443", async () => {
  await expect(openUrl("https://127.0.0.1/", new AbortController().signal)).rejects.toMatchObject({ port: 443 });
});

it("a fetch that is cancelled before it connects opens no connection", async () => {
  let connections = 0;
  const { port } = await listen((socket) => {
    connections += 1;
    socket.destroy();
  });
  await expect(open(port, AbortSignal.abort())).rejects.toThrow();
  const probe = connect(port, "127.0.0.1").on("error", () => {});
  await once(probe, "close");
  expect(connections).toBe(1);
});

it("a connection ends with its signal, and a closed connection no longer listens to its signal", async () => {
  const { port } = await listen((socket) => socket.on("error", () => {}).resume());
  const [first, second] = [new AbortController(), new AbortController()];
  const ended = await open(port, first.signal);
  const closed = once(ended, "close");
  first.abort();
  await closed;
  const socket = await open(port, second.signal);
  expect(getEventListeners(second.signal, "abort")).toHaveLength(1);
  socket.destroy();
  await once(socket, "close");
  expect(getEventListeners(second.signal, "abort")).toEqual([]);
});

it("a connection that breaks while no code waits for it does not end the process", async () => {
  let accepted: Socket | undefined;
  const { port } = await listen((socket) => {
    accepted = socket;
  });
  const socket = await open(port, new AbortController().signal);
  const closed = new Promise((resolve) => socket.resume().on("close", resolve));
  await expect.poll(() => accepted).toBeDefined();
  accepted?.resetAndDestroy();
  expect(await closed).toBe(true); // After an error.
});
