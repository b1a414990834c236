import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type ForeignManner, occupySocket } from "./world/foreign-process.ts";
import type { LoadOptions } from "./world/load.ts";
import {
  findServer,
  type InnerFault,
  identify,
  type Scene,
  signalServer,
  startSecondServer,
  waitForTakeover,
  waitUntilServing,
} from "./world/scene.ts";
import { type Judge, usualJudge } from "./world/world.ts";

/** One row of the table. */
export interface Fault {
  /** Names the row in results. The name never changes. */
  readonly id: string;
  readonly title: string;
  /**
   * Whether this fault must lose no valid request. This is true if the fault is a planned action, or is outside the
   * plugin server.
   */
  readonly sparesValid: boolean;
  /** Milliseconds that follow from the settings, with room for a slow machine. */
  readonly recoveryMs: number;
  readonly holdMs: number;
  /** Why this fault is impossible on a gateway that is not Kong. */
  readonly onlyKong?: string;
  /** Why this fault is impossible with kong-pdk's plugin server. */
  readonly onlyOurs?: string;
  readonly load?: Pick<LoadOptions, "clients" | "breakOff">;
  /** Causes the fault and returns when it is over. */
  inject(scene: Scene): Promise<void>;
}

// Stated settings: see docs/guides/kong.md and docs/evidence/faults.md.
const DEADLINE_MS = 5_000;
const WATCHDOG_MS = 3_000;
const RESPAWN_MS = 1_000;
const READ_TIMEOUT_MS = 7_000;
/** If another request is starting the same plugin instance, requests in Kong wait for this long. */
const CLAIM_MS = 10_000;
const CHANGES_PER_ROUND = 50;
/** The limits for a machine that is busy with other work. */
const SLACK_MS = 5_000;

const AFTER_RESPAWN_MS = RESPAWN_MS + CLAIM_MS + SLACK_MS;
const LONGEST_HOLD_MS = CLAIM_MS + READ_TIMEOUT_MS + SLACK_MS;
/** The limits if valid requests may be lost. */
export const LOSING = { sparesValid: false, recoveryMs: AFTER_RESPAWN_MS, holdMs: LONGEST_HOLD_MS };
const SPARING = { sparesValid: true, recoveryMs: 0, holdMs: SLACK_MS };

/** A launcher kills a server that does not answer, so the process may not exist any longer. */
function continueProcess(pid: number): void {
  try {
    process.kill(pid, "SIGCONT");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) {
      throw error;
    }
  }
}

/** The plugin server fails from within for some time. */
const inner = (fault: InnerFault, forMs: number) => async (scene: Scene) => {
  scene.setInnerFault(fault);
  await sleep(forMs);
  scene.setInnerFault(undefined);
  scene.mark();
};

/** Kills the plugin server, and starts no other server before the fault is over. */
const withoutServer = async (scene: Scene, during: () => Promise<void>): Promise<void> => {
  scene.setInnerFault("hold");
  await signalServer(scene, "SIGKILL");
  await during();
  scene.setInnerFault(undefined);
  scene.mark();
};

const foreign = (manner: ForeignManner, forMs: (scene: Scene) => number) => async (scene: Scene) => {
  let leave = (): void => {};
  await withoutServer(scene, async () => {
    leave = await occupySocket(scene.gateway.socket, manner);
    await sleep(forMs(scene));
  });
  await waitForTakeover(scene.gateway.socket, identify(scene.gateway.socket));
  leave();
};

const changeConfig =
  (settleMs: number) =>
  async ({ gateway, world, judging }: Scene): Promise<void> => {
    const swapped = (route: number): Judge => (usualJudge(route) === "alpha" ? "beta" : "alpha");
    for (const judgeOf of [swapped, usualJudge, swapped, usualJudge]) {
      await judging.change(judgeOf, async () => gateway.kong?.load(world.configText(judgeOf)), settleMs);
      await sleep(settleMs + 1_000);
    }
  };

const changePolicy =
  (settleMs: number) =>
  async ({ world, judging }: Scene): Promise<void> => {
    const changed = (route: number): Judge => (usualJudge(route) === "alpha" ? "gamma" : "beta");
    await judging.change(changed, () => world.writePolicy("alpha", "gamma"), settleMs);
    await sleep(settleMs + 500);
    await judging.change(usualJudge, () => world.writePolicy("alpha", "alpha"), settleMs);
    await sleep(settleMs + 500);
  };

export const FAULTS: readonly Fault[] = [
  {
    ...LOSING,
    id: "late-start",
    title: "the plugin server starts 2 s after the gateway",
    // The gateway itself was started with the server held back.
    async inject(scene) {
      await sleep(2_000);
      scene.setInnerFault(undefined);
      scene.mark();
    },
  },
  {
    ...LOSING,
    id: "kill-idle",
    title: "the plugin server is killed while it is idle (SIGKILL)",
    load: { clients: 1 },
    async inject(scene) {
      scene.mark();
      await signalServer(scene, "SIGKILL");
    },
  },
  {
    ...LOSING,
    id: "kill-often",
    title: "the plugin server is killed again and again, while 32 clients are connected",
    async inject(scene) {
      const { rounds } = scene;
      for (let count = 0; count < rounds; count += 1) {
        await waitUntilServing(scene.gateway, scene.world, AFTER_RESPAWN_MS);
        await sleep(100 * Math.random());
        scene.mark();
        await signalServer(scene, "SIGKILL");
      }
    },
  },
  {
    ...LOSING,
    id: "stop-kill",
    title: "the plugin server is stopped (SIGSTOP), and killed after 1 s",
    async inject(scene) {
      const pid = await signalServer(scene, "SIGSTOP");
      await sleep(1_000);
      scene.mark();
      process.kill(pid, "SIGKILL");
    },
  },
  {
    ...LOSING,
    id: "stop-continue",
    title: "the plugin server is stopped for longer than the read timeout, and then continues",
    async inject(scene) {
      const pid = await signalServer(scene, "SIGSTOP");
      await sleep(scene.readTimeoutMs + 1_000);
      continueProcess(pid);
      scene.mark();
    },
  },
  {
    ...SPARING,
    id: "stall",
    title: "the plugin server is stopped for 500 ms (SIGSTOP, SIGCONT), with 1,500 concurrent connections",
    holdMs: 500 + 4 * SLACK_MS, // Many clients alone keep a busy machine busy for longer than any other fault.
    async inject(scene) {
      const pid = await signalServer(scene, "SIGSTOP");
      const crowd = scene.sendCrowd(1_500);
      await sleep(500);
      process.kill(pid, "SIGCONT");
      scene.mark();
      await crowd;
    },
  },
  {
    ...LOSING,
    id: "block",
    title: "the plugin server's event loop is blocked for ever",
    recoveryMs: WATCHDOG_MS + AFTER_RESPAWN_MS,
    async inject(scene) {
      scene.setInnerFault("block");
      scene.mark();
      await sleep(WATCHDOG_MS + 500);
    },
  },
  {
    ...LOSING,
    id: "throw",
    title: "for 1 s, each call of the plugin's handler throws an error",
    inject: inner("throw", 1_000),
  },
  {
    ...LOSING,
    id: "nothing",
    title: "for 1 s, each call of the plugin's handler returns nothing",
    inject: inner("nothing", 1_000),
  },
  {
    ...LOSING,
    id: "never",
    title: "for 500 ms, each call of the plugin's handler returns a promise that never settles",
    holdMs: DEADLINE_MS + READ_TIMEOUT_MS + SLACK_MS,
    inject: inner("never", 500),
  },
  {
    ...LOSING,
    id: "memory",
    title: "the plugin server runs out of memory (heap of 64 MB)",
    async inject(scene) {
      scene.setInnerFault("allocate");
      scene.mark();
      await sleep(1_000);
    },
  },
  {
    ...LOSING,
    id: "socket-removed",
    title: "the plugin server's socket file is removed (and Kong's stock server is killed after 3 s)",
    async inject(scene) {
      scene.mark();
      rmSync(scene.gateway.socket);
      if (!(await waitUntilServing(scene.gateway, scene.world, 3_000))) {
        await signalServer(scene, "SIGKILL");
      }
    },
  },
  {
    ...LOSING,
    id: "restart-storm",
    title: "for 5 s, the plugin server dies each time it starts",
    async inject(scene) {
      scene.setInnerFault("die_at_start");
      await signalServer(scene, "SIGKILL");
      await sleep(5_000);
      scene.setInnerFault(undefined);
      scene.mark();
    },
  },
  {
    ...LOSING,
    id: "foreign-silent",
    title: "another process listens on the plugin server's socket, and never answers",
    inject: foreign("silent", ({ readTimeoutMs }) => readTimeoutMs + 500),
  },
  {
    ...LOSING,
    id: "foreign-closes",
    title: "another process listens on the plugin server's socket, and closes each connection at once",
    inject: foreign("closes", () => 1_500),
  },
  {
    ...LOSING,
    id: "foreign-junk",
    title: "another process listens on the plugin server's socket, and writes invalid messages",
    inject: foreign("junk", () => 1_500),
  },
  {
    ...LOSING,
    id: "foreign-zeros",
    title:
      "another process listens on the plugin server's socket, and writes zeros (Kong reads zeros as the end of an event)",
    inject: foreign("zeros", () => 1_500),
  },
  {
    ...SPARING,
    id: "upstream-aborts",
    title: "the upstream closes the connection during every third request",
    load: { clients: 32, breakOff: "upstream" },
    inject: () => sleep(2_000),
  },
  {
    ...SPARING,
    id: "client-aborts",
    title: "the client disconnects during every third request",
    load: { clients: 32, breakOff: "client" },
    inject: () => sleep(2_000),
  },
  {
    ...SPARING,
    id: "rolling-restart",
    title: "two rolling restarts: a new plugin server takes over, and the old server gets SIGTERM",
    async inject(scene) {
      const { socket } = scene.gateway;
      const first = await findServer(scene);
      const second = await startSecondServer(first, socket);
      const before = identify(socket);
      process.kill(first, "SIGTERM");
      // The gateway starts its own server again, and this server then takes over.
      await waitForTakeover(socket, before);
      second.kill("SIGTERM");
      await sleep(1_000);
      setTimeout(() => second.kill("SIGKILL"), 15_000).unref();
    },
  },
  {
    ...SPARING,
    id: "policy-change",
    title: "a policy file is replaced by another policy, and then restored",
    inject: changePolicy(4_000),
  },
  {
    ...SPARING,
    id: "policy-often",
    title: `a policy file is replaced again and again (${CHANGES_PER_ROUND} times as often as the test repeats other faults)`,
    onlyOurs: "Kong's stock server has no status that says when a policy version takes effect",
    async inject({ world, judging, rounds, waitForPolicy }) {
      const judges: readonly Judge[] = ["gamma", "alpha"];
      for (let count = 0; count < rounds * CHANGES_PER_ROUND; count += 1) {
        const judge = judges[count % judges.length] ?? "alpha";
        const replace = async (): Promise<void> => {
          await world.writePolicy("alpha", judge);
          await waitForPolicy("alpha", judge);
        };
        await judging.change((route) => (usualJudge(route) === "alpha" ? judge : "beta"), replace, 0);
      }
    },
  },
  {
    ...SPARING,
    id: "config-change",
    title: "Kong's configuration changes 4 times, and each change gives every Route a different policy and rule",
    onlyKong: "the sandbox reads its configuration once",
    inject: changeConfig(2_000),
  },
  {
    ...SPARING,
    id: "reload-often",
    title: "an operator runs `kong reload` again and again",
    async inject({ gateway, rounds, mark }) {
      for (let count = 0; count < rounds; count += 1) {
        await (gateway.kong ?? gateway).reload?.();
        mark();
      }
    },
  },
  {
    ...LOSING,
    id: "worker-0",
    title: "Kong's worker 0 is killed",
    onlyKong: "the sandbox is one process",
    async inject({ gateway, mark }) {
      mark();
      await gateway.kong?.killWorkerZero();
    },
  },
];
