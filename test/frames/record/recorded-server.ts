import type { Socket } from "node:net";
import { createFactsReader } from "../../../plugin/kong/facts/read-facts.ts";
import { startPluginInstance } from "../../../plugin/kong/handler.ts";
import { createPolicyStore } from "../../../plugin/runtime/load/policy-store.ts";
import { createRuntime } from "../../../plugin/runtime/runtime.ts";
import { listenOnSocket } from "../../../plugin/server/process/listen.ts";
import { serveConnection } from "../../../plugin/server/protocol/connection.ts";
import { createInstances } from "../../../plugin/server/protocol/instances.ts";
import { silentLog } from "../../logs.ts";
import { RECORDED_AT, type Scenario } from "../scenarios.ts";

/** The second plugin server starts a minute after the first. */
const STARTED_AT: Readonly<Record<Scenario["server"], number>> = { first: RECORDED_AT, second: RECORDED_AT + 60 };

/** The second plugin server follows the first, and gives different ids to its instances. */
const GENERATIONS: Readonly<Record<Scenario["server"], number>> = { first: 1, second: 2 };

/** The plugin server with the same parts as in main.ts, but with a fixed clock. */
export async function startPluginServer(
  which: Scenario["server"],
  socketPath: string,
  policyRoot: string,
): Promise<{ stop(): Promise<void> }> {
  const now = (): number => STARTED_AT[which] * 1000;
  const log = (): void => {};
  const runtime = createRuntime({
    policyRoot,
    compiler: createPolicyStore(policyRoot),
    policyPollMs: 1_000,
    now,
    log: silentLog,
  });
  const readFacts = createFactsReader(which === "first", log);
  const instances = createInstances(
    (configJson) => startPluginInstance(configJson, runtime, readFacts),
    () => GENERATIONS[which],
    now,
  );
  const sockets = new Set<Socket>();
  const server = await listenOnSocket(socketPath, 0o600, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serveConnection(socket, { instances, deadlineMs: 5_000, takeWarnings: () => [], log });
  });
  return {
    async stop() {
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
      runtime.stop();
    },
  };
}
