import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type FaultyGateway, waitFor } from "../../../test/gateways/gateway.ts";
import type { Judging } from "./judging.ts";
import { sendValid } from "./load.ts";
import { type Judge, ROUTES, type World } from "./world.ts";

/** The faults that the plugin server's preload can cause: see preload/fail-or.mjs. */
export type InnerFault = "hold" | "die_at_start" | "throw" | "nothing" | "never" | "block" | "allocate";

/** Everything that a fault can change while the load runs. */
export interface Scene {
  readonly gateway: FaultyGateway;
  readonly world: World;
  readonly judging: Judging;
  /** The number of times that a repeated fault happens. */
  readonly rounds: number;
  /** Kong's `lua_socket_read_timeout` in this test. */
  readonly readTimeoutMs: number;
  /**
   * Starts this many additional clients at the same time, with one request each. Resolves when all clients have their
   * answers.
   */
  sendCrowd(clients: number): Promise<void>;
  /** Records the time at which the fault comes or ends. The last call counts. */
  mark(): void;
  /** Makes the plugin server fail in some way, or work again. */
  setInnerFault(fault: InnerFault | undefined): void;
  /** Resolves when the plugin server reports that this policy is in effect for this file. */
  waitForPolicy(file: Judge, judge: Judge): Promise<void>;
}

/** How many times in a row each route must serve a request. In this many requests, every worker has had its turn. */
const ROUNDS = 4;

/** Whether every route serves valid requests within the time. */
export async function waitUntilServing(gateway: FaultyGateway, world: World, timeoutMs: number): Promise<boolean> {
  const routes = Array.from({ length: ROUTES }, (_, route) => route);
  const serves = async (): Promise<true | undefined> => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = await Promise.all(routes.map((route) => sendValid(gateway.url, world, route)));
      if (answers.some(({ status }) => status !== 200)) {
        return undefined;
      }
    }
    return true;
  };
  return (await waitFor(serves, timeoutMs)) === true;
}

/** @throws Error if no server appears in time. */
export async function findServer({ gateway }: Scene): Promise<number> {
  const pid = await waitFor(() => gateway.pluginServerPid(), 15_000);
  if (pid === undefined) {
    throw new Error("the gateway has no plugin server");
  }
  return pid;
}

export async function signalServer(scene: Scene, signal: NodeJS.Signals): Promise<number> {
  const pid = await findServer(scene);
  process.kill(pid, signal);
  return pid;
}

export function writeInnerFault(control: string, fault: InnerFault | undefined): void {
  if (fault === undefined) {
    rmSync(control, { force: true });
  } else {
    writeFileSync(control, fault);
  }
}

/** Starts a second plugin server in the same way as the first, and waits until the second server has the socket. */
export async function startSecondServer(pid: number, socket: string): Promise<ChildProcess> {
  const readWords = (file: string): string[] => readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0").slice(0, -1);
  const [program = "", ...words] = readWords("cmdline");
  const launched = words.indexOf("--launched"); // No launcher has started this server.
  const args = launched < 0 ? words : words.toSpliced(launched, 2);
  const env = Object.fromEntries(readWords("environ").map((word) => word.split(/=(.*)/s, 2)));
  const before = identify(socket);
  const child = spawn(program, args, { env, stdio: "ignore" });
  await waitForTakeover(socket, before);
  return child;
}

/** Waits until another process listens at this path. @throws Error if no other process listens. */
export async function waitForTakeover(socket: string, before: string | undefined): Promise<void> {
  const taken = await waitFor(() => (identify(socket) === before ? undefined : identify(socket)), 15_000);
  if (taken === undefined) {
    throw new Error("no other process took over the socket");
  }
  await sleep(100);
}

/** Identifies the socket that is now at a path. */
export function identify(socket: string): string | undefined {
  const stats = statSync(socket, { throwIfNoEntry: false });
  return stats && `${stats.dev} ${stats.ino}`;
}

/** Waits until the status at this address names a policy for a file. @throws Error if the status does not name it in time. */
export async function waitForPolicy(statusAddress: string, file: string, name: string): Promise<void> {
  const isInForce = async (): Promise<true | undefined> => {
    const response = await fetch(`http://${statusAddress}/status`);
    const { policies } = (await response.json()) as { policies: readonly { source: string; name: string }[] };
    return policies.some((policy) => policy.source === `${file}.yaml` && policy.name === name) || undefined;
  };
  if (!(await waitFor(isInForce, 20_000))) {
    throw new Error(`${file}.yaml did not come into force as ${name}`);
  }
}
