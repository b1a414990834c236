import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Decision } from "../../plugin/core/model/decision.ts";
import type { Pdk } from "../../plugin/kong/contract/pdk.ts";
import type { WaitingLine } from "../../plugin/observe/operator-log.ts";
import { type Connection, serveConnection } from "../../plugin/server/protocol/connection.ts";
import { createInstances, type Instances } from "../../plugin/server/protocol/instances.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { connectWorker, type RawWorker } from "./protocol/raw-worker.ts";

/** The function of an instance for an event. Tests cast faulty functions to this type. */
export type Access = (pdk: Pdk) => Promise<Decision>;

export interface TestServer {
  readonly path: string;
  readonly instances: Instances;
  readonly logged: readonly string[];
  /** The configurations with which instances were started. */
  readonly configs: readonly string[];
  /** The server's ends of the connections, in order. */
  readonly sockets: readonly Socket[];
  readonly connections: readonly Connection[];
  /** Warnings that wait until an answer carries them. */
  readonly warnings: string[];
  connect(): Promise<RawWorker>;
}

/** The real connection loop and instances, on a real Unix socket. All of them end with the test. */
export async function startTestServer(access: Access, deadlineMs = 60_000): Promise<TestServer> {
  const path = join(temporaryFolder(onTestFinished), "socket");
  const logged: string[] = [];
  const configs: string[] = [];
  const sockets: Socket[] = [];
  const connections: Connection[] = [];
  const warnings: string[] = [];
  const instances = createInstances(
    (configJson) => {
      configs.push(configJson);
      return { access };
    },
    () => 5, // The counter does not begin at 0, because tests use small ids as unknown ids.
    Date.now,
  );
  const server = createServer((socket) => {
    sockets.push(socket);
    const takeWarnings = (): readonly WaitingLine[] =>
      warnings.splice(0).map((line) => ({ level: line.startsWith("notice: ") ? "notice" : "warn", line }));
    const log = (line: string): void => void logged.push(line);
    connections.push(serveConnection(socket, { instances, deadlineMs, takeWarnings, log }));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const workers: RawWorker[] = [];
  onTestFinished(async () => {
    for (const { socket } of workers) {
      socket.destroy();
    }
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    path,
    instances,
    logged,
    configs,
    sockets,
    connections,
    warnings,
    async connect() {
      const worker = await connectWorker(path);
      workers.push(worker);
      return worker;
    },
  };
}

/** A connection, and one instance that was started on it. */
export async function startInstance(server: TestServer): Promise<{ worker: RawWorker; id: number }> {
  const worker = await server.connect();
  const { instanceStatus } = await worker.start();
  return { worker, id: instanceStatus?.instanceId ?? 0 };
}

/** A server for these decisions, with a connection and an instance. */
export async function serve(...args: Parameters<typeof startTestServer>) {
  const server = await startTestServer(...args);
  return { server, ...(await startInstance(server)) };
}

/** Runs everything that is already due: promises, and one turn of each phase of the event loop. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
