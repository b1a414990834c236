import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { createSecureContext } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import { openConnection } from "../../../plugin/keys/fetch/open-connection.ts";
import { resolveName } from "../../../plugin/keys/fetch/resolve-name.ts";

it("a fetch that was given up before it connects opens no connection", async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const options = { resolve: resolveName, signal: AbortSignal.abort() };
  const opening = openConnection(new URL(`http://127.0.0.1:${port}/`), createSecureContext(), options);
  await expect(opening).rejects.toThrow();
  const probe = connect(port, "127.0.0.1").on("error", () => {});
  await once(probe, "close");
  expect(connections).toBe(1);
});
