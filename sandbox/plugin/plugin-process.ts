/**
 * Runs the plugin server's process as Kong does. The process has an empty environment. The gateway reads the output of
 * the process line by line, and restarts the process when it ends.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** Between two starts of the process, Kong waits at least this long, in milliseconds. */
const RESPAWN_INTERVAL = 1_000;
/** The process gets this number of milliseconds between SIGTERM and SIGKILL. */
const STOP_TIMEOUT = 2_000;

export interface PluginProcess {
  /**
   * The id of the running process. The id is undefined from the end of one process to the start of the next process.
   */
  pid(): number | undefined;
  /**
   * Ends the process and does not restart it. When Kong stops, its worker sends SIGTERM to the launcher, and kills the
   * launcher soon after. But the server that the launcher started keeps running.
   */
  stop(signal?: NodeJS.Signals, killAfterMs?: number): Promise<void>;
}

export interface PluginProcessOptions {
  /** A program and its arguments, with absolute paths because PATH is not set. */
  command: readonly [program: string, ...args: string[]];
  /** Called for each line that the process writes to its standard output or error. */
  onLine(line: string): void;
  /** Called when the process starts, fails to start, or ends. */
  onChange(message: string): void;
}

export function runPluginProcess({ command, onLine, onChange }: PluginProcessOptions): PluginProcess {
  const [program, ...args] = command;
  const stopping = new AbortController();
  let child: ChildProcess | undefined;

  const runOnce = async (): Promise<void> => {
    const process = spawn(program, args, { env: {}, stdio: ["pipe", "pipe", "pipe"] });
    process.on("error", (error) => onChange(`the plugin server cannot be started: ${error.message}`));
    if (process.pid === undefined) {
      return;
    }
    const { pid } = process;
    child = process;
    onChange(`plugin server started, pid ${pid}`);
    for (const output of [process.stdout, process.stderr]) {
      createInterface({ input: output }).on("line", (line) => line !== "" && onLine(line));
    }
    // After the plugin server has ended, a write to its standard input fails. This failure must not end the sandbox.
    process.stdin.on("error", () => undefined);
    const [code, signal] = await once(process, "exit");
    child = undefined;
    if (!stopping.signal.aborted) {
      onChange(`plugin server terminated (${signal ?? `exit status ${code}`}), pid ${pid}`);
    }
  };

  const running = (async () => {
    while (!stopping.signal.aborted) {
      const nextStart = Date.now() + RESPAWN_INTERVAL;
      await runOnce();
      await sleep(Math.max(0, nextStart - Date.now()), undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();

  return {
    pid: () => child?.pid,
    stop: async (signal = "SIGINT", killAfterMs = STOP_TIMEOUT) => {
      stopping.abort();
      const process = child;
      process?.kill(signal);
      const killer = setTimeout(() => process?.kill("SIGKILL"), killAfterMs);
      await running;
      clearTimeout(killer);
    },
  };
}
