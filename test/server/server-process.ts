import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { generateSigningKey } from "../tokens.ts";
import { connectWorker } from "./protocol/raw-worker.ts";

const DIST = join(import.meta.dirname, "../../dist");
/** The program that Kong starts. It is one file, and loads in half the time of its modules. */
export const SERVER_MAIN = join(DIST, "jwt-policy-server.mjs");

export interface RunningProcess {
  readonly child: ChildProcess;
  /** The output of the process up to now. */
  stdout(): string;
  stderr(): string;
  /** Resolves when standard output contains this text. @throws Error if the process ends before it writes this text. */
  waitForOutput(text: string): Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** Starts node with an empty environment, as Kong does. The process ends with the test. */
export function runNode(args: readonly string[]): RunningProcess {
  if (!existsSync(SERVER_MAIN)) {
    throw new Error("dist is not built: run `npm test`, or `npx tsc -p tsconfig.build.json` first");
  }
  const child = spawn(process.execPath, args, { env: {}, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  const notify = (): void => {
    for (const listener of listeners) {
      listener();
    }
  };
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
    notify();
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  let hasEnded = false;
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("close", (code, signal) => {
      hasEnded = true;
      resolve({ code, signal });
      notify();
    });
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    // Children of the process may still hold its pipes open.
    child.stdout.destroy();
    child.stderr.destroy();
    await ended;
  });
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    waitForOutput: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (stdout.includes(text)) {
            listeners.delete(look);
            resolve();
          } else if (hasEnded) {
            reject(new Error(`the process ended without "${text}": ${stdout}${stderr}`));
          }
        };
        listeners.add(look);
        look();
      }),
    ended,
  };
}

export interface ServerPlace {
  readonly directory: string;
  readonly socket: string;
  readonly policyRoot: string;
}

/** A directory for a socket and policies. The directory is removed when the test ends. */
export function createPlace(): ServerPlace {
  const directory = temporaryFolder(onTestFinished);
  const policyRoot = join(directory, "policies");
  mkdirSync(policyRoot);
  return { directory, socket: join(directory, "s"), policyRoot };
}

/**
 * How fast the clock of `performance.now` goes in a process. A slow clock gives a test more time, and a fast clock
 * saves time.
 */
export type Pace = "usual" | "slow" | "fast";
const FACTORS = { usual: 1, slow: 0.02, fast: 10 } as const;

/**
 * Options of node that set the pace. The deadline of a decision is long, because a busy machine may stop a process for
 * 5 seconds.
 */
export function setPace(pace: Pace): string[] {
  const code = `
    const now = performance.now.bind(performance);
    performance.now = () => now() * ${FACTORS[pace]};
    const start = setTimeout;
    globalThis.setTimeout = (task, ms, ...rest) => start(task, ms < 5_000 ? ms : 20 * ms, ...rest);`;
  return loadFirst(code);
}

/** Options of node that run a module before the program. A launcher passes these variables on to its server. */
export const loadFirst = (code: string): string[] => ["--import", `data:text/javascript,${encodeURIComponent(code)}`];

/** The plugin server's process. The process already answers. */
export async function runServer(
  place: ServerPlace,
  more: readonly string[] = [],
  pace: Pace = "usual",
): Promise<RunningProcess> {
  const server = startServer(place, more, pace);
  await server.waitForOutput("listens on");
  const worker = await connectWorker(place.socket);
  await worker.expectSilence();
  worker.socket.destroy();
  return server;
}

/** The plugin server's process. It may not listen yet. */
export function startServer(
  { socket, policyRoot }: ServerPlace,
  more: readonly string[] = [],
  pace: Pace = "usual",
): RunningProcess {
  return runNode([...setPace(pace), SERVER_MAIN, "--socket", socket, "--policy-root", policyRoot, ...more]);
}

/** Runs a module's text. In its imports, `./` is the folder `server` of the built plugin. */
export function runScript(text: string): RunningProcess {
  const directory = temporaryFolder(onTestFinished);
  const file = join(directory, "script.mjs");
  writeFileSync(file, text.replaceAll('from "./', `from "${pathToFileURL(join(DIST, "plugin/server/process/")).href}`));
  return runNode([file]);
}

/** Whether a process answers on the socket: true, or the reason why not. */
export function probeSocket(path: string): Promise<true | string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

/** A policy needs this key, but no token is signed with it. */
const POLICY = {
  jwt_policy: 1,
  name: "inline",
  issuers: {
    a: {
      issuer: "https://idp.example",
      audiences: ["a"],
      algorithms: ["ES256"],
      keys: { jwks: { keys: [generateSigningKey("ES256", "1").publicJwk] } },
    },
  },
  defaults: { accept: ["a"] },
  routes: { open: { access: "public" } },
  header_mappings: { "x-user-id": "sub" },
};

/** A policy file whose rule `open` lets every request pass without an identity. */
export const OPEN_POLICY = JSON.stringify(POLICY);

/** A plugin's configuration in the form that Kong sends. Its policy lets every request pass without an identity. */
export const OPEN_CONFIG = JSON.stringify({
  policy: OPEN_POLICY,
  rule: "open",
  policy_file: null,
  __plugin_id: "1",
});
