import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync } from "node:fs";
import { createServer, type Server } from "node:net";

/**
 * Works like a socket unit and a service unit of systemd. This service manager keeps the listening socket open. When
 * the service ends, it starts the service again.
 */
export interface ServiceManager {
  /** The output of the service, and a line `ended <status>` after each end. */
  output(): string;
  /** Ends the service, and starts no other service. */
  stop(): Promise<void>;
}

/** A shell keeps the socket as descriptor 3. LISTEN_PID must be the number of the process that becomes the service. */
const LOOP = `while :; do
  sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' sh "$@" & child=$!
  trap 'kill -TERM $child; trap "" TERM; wait $child; exit' TERM
  wait $child
  echo "ended $?"
done`;

/**
 * @param path the path of the socket.
 * @param command the program and its arguments; no PATH is set.
 */
export async function startServiceManager(path: string, command: readonly string[]): Promise<ServiceManager> {
  const listening = await openSocket(path);
  const shell = spawn("/bin/sh", ["-c", LOOP, "sh", ...command], {
    env: { PATH: "/usr/bin:/bin" },
    stdio: ["ignore", "pipe", "pipe", descriptorOf(listening)],
  });
  let output = "";
  for (const stream of [shell.stdout, shell.stderr]) {
    stream?.on("data", (chunk) => {
      output += chunk;
    });
  }
  await once(shell, "spawn");
  listening.close(); // The shell has the socket open. Node would remove only a name that no longer exists.
  return { output: () => output, stop: () => stop(shell) };
}

async function openSocket(path: string): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path: `${path}.new`, backlog: 4096 }, resolve);
  });
  renameSync(`${path}.new`, path);
  return server;
}

function descriptorOf(server: Server): number {
  const { _handle: handle } = server as unknown as { readonly _handle: { readonly fd: number } };
  return handle.fd;
}

async function stop(shell: ChildProcess): Promise<void> {
  if (shell.exitCode === null) {
    const ended = once(shell, "exit");
    shell.kill("SIGTERM");
    await ended;
  }
  shell.stdout?.destroy();
  shell.stderr?.destroy();
}
