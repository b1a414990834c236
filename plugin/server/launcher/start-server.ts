import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { LAUNCHER_DESCRIPTOR, stderrPathOf } from "./control-messages.ts";
import type { ServerCommand } from "./server-identity.ts";

const MAX_LAST_WORDS = 4_000;

export interface StartedServer {
  readonly connection: Socket;
  /** The server's exit status; undefined if a signal ended the process. */
  readonly exited: Promise<number | undefined>;
}

/**
 * Starts a server in a session of its own, so that signals to the launcher or to the launcher's process group do not
 * reach the server. The server's error output goes to a file, because a pipe would break when the launcher ends.
 *
 * @param inherited file descriptor of the listening socket, if a service manager opened the socket.
 * @param launched options that a server gets only from a launcher.
 * @throws Error if the process cannot be started.
 */
export async function startServer(
  { node, nodeOptions, main, options }: ServerCommand,
  socket: string,
  inherited: number | undefined,
  launched: readonly string[],
): Promise<StartedServer> {
  const stderr = openStderr(socket);
  const child = spawn(node, [...nodeOptions, main, ...options, ...launched], {
    detached: true,
    stdio: ["ignore", "ignore", stderr ?? "inherit", "pipe", ...(inherited === undefined ? [] : [inherited])],
  });
  if (stderr !== undefined) {
    closeSync(stderr);
  }
  await hasStarted(child);
  child.unref();
  return {
    connection: child.stdio[LAUNCHER_DESCRIPTOR] as Socket,
    exited: new Promise((resolve) => child.once("exit", (code) => resolve(code ?? undefined))),
  };
}

function hasStarted(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
}

/**
 * Opens the file for the server's error output. If the launcher cannot create the file, the server starts without it.
 * In this case, only the server's error output is lost.
 */
function openStderr(socket: string): number | undefined {
  const path = stderrPathOf(socket);
  try {
    rmSync(path, { force: true }); // The old server may still write to the old file, so the new server gets a new file.
    return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND, 0o600);
  } catch {
    return undefined;
  }
}

/**
 * Returns the end of the last server's error output. The error output says why the server did not start, or how it
 * crashed.
 */
export function readLastWords(socket: string): readonly string[] {
  try {
    const text = readFileSync(stderrPathOf(socket), "utf8");
    return text.slice(-MAX_LAST_WORDS).trimEnd().split("\n").filter(Boolean);
  } catch {
    return [];
  }
}
