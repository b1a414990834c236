/** The plugin server's process, run as Kong runs it: empty environment, output read line by line, started again when it dies. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** Kong starts a process again one second after its last start, never sooner. */
const RESPAWN_INTERVAL = 1_000;
/** Milliseconds that a stopped process gets before it is killed. */
const STOP_TIMEOUT = 2_000;

export interface PluginProcess {
  /** The process that runs now; undefined between two. */
  pid(): number | undefined;
  /** Ends the process and starts no other. Kong's worker sends SIGTERM and kills soon after, which a launcher's server outlives. */
  stop(signal?: NodeJS.Signals, killAfterMs?: number): Promise<void>;
}

export interface PluginProcessOptions {
  /** A program and its arguments, with absolute paths: there is no PATH. */
  command: readonly [program: string, ...args: string[]];
  /** A line that the process wrote to its standard output or error. */
  onLine(line: string): void;
  /** What happens to the process itself. */
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
    // Writing to a process that is gone must not end this one.
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
