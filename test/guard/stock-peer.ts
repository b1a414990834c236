import { createRequire } from "node:module";
import { connect } from "node:net";

const require = createRequire(import.meta.url);
// The library with which kong-pdk encodes messages.
const { encode } = createRequire(require.resolve("kong-pdk/server"))("@msgpack/msgpack") as {
  encode(value: unknown): Uint8Array;
};

/** Starts a plugin instance in the stock server. Any process that may open the server's socket can do this. */
export async function startForeignInstance(socketPath: string, config: object): Promise<void> {
  const start = encode([0, 1, "plugin.StartInstance", [{ Name: "jwt-policy", Config: JSON.stringify(config) }]]);
  await new Promise<void>((resolve, reject) => {
    const socket = connect(socketPath, () => socket.write(start));
    socket.once("data", () => {
      socket.end();
      resolve();
    });
    socket.once("error", reject);
  });
}
