import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPolicyStore } from "../../../plugin/runtime/load/policy-store.ts";
import { type InlinePolicies, keepInlinePolicies } from "../../../plugin/runtime/versions/inline-policies.ts";
import type { PolicySource } from "../../../plugin/runtime/versions/policy-source.ts";
import { runsOf } from "../../runs.ts";
import { holdKeys, holdWaits, logApart, policyText, waitForDisk } from "./policy-scene.ts";

/** `MODEL_RUNS=100000 npx vitest run test/runtime/versions/inline-model.test.ts` searches longer. */
const RUNS = Number(process.env.MODEL_RUNS ?? runsOf(500));

/** A plugin instance as Kong started it. */
interface Started {
  /** The number of the text's version; undefined for a broken text. */
  readonly version: number | undefined;
  /** Kong's count of configurations. */
  readonly sequence: number;
  readonly source: PolicySource;
  isClosed: boolean;
  /**
   * What the Route matched when the instance first judged by its own version; undefined as long as the instance has not
   * judged.
   */
  judgedAt: string | undefined;
}

/** All events, independent of how the plugin stores them. */
interface History {
  readonly started: Started[];
  readonly heldKeys: Set<number>;
  sequence: number;
  /** The upstream to which the Route leads. If a Route is deleted and created again elsewhere, it has the same id. */
  route: string;
}

class Product {
  readonly keys = holdKeys();
  readonly waits = holdWaits();
  readonly policies: InlinePolicies = keepInlinePolicies({
    compiler: createPolicyStore("/nowhere"),
    keys: this.keys,
    log: logApart(),
    now: () => 0,
    waitLongest: this.waits.waitLongest,
  });

  start(version: number | undefined, sequence: number): PolicySource {
    const entity = { pluginId: "p", sequence, workspace: "w", routeId: "r", serviceId: undefined };
    const text = version === undefined ? "jwt_policy: 1\nroutes: 7\n" : policyText(`v${version}`);
    return this.policies.open(entity, text, undefined);
  }
}

/** Judges a request at one instance, and reports impossible results. */
async function ask(history: History, instance: Started): Promise<void> {
  const load = await instance.source.current(async () => history.route);
  const decided = load.ok ? Number(load.value.name.slice(1)) : undefined;
  const { version } = instance;
  if (decided === version && version !== undefined) {
    instance.judgedAt ??= history.route;
    return;
  }
  if (version !== undefined && !history.heldKeys.has(version) && !wasReplaced(history, instance)) {
    expect(decided, "a good version judges requests after its keys have arrived").toBe(version);
  }
  if (decided !== undefined) {
    expect(lastGoodVersions(history, instance), "only the last good version may judge instead").toEqual([decided]);
  }
}

/** Another version of the entity was started later. */
function wasReplaced({ started }: History, instance: Started): boolean {
  return started.slice(started.indexOf(instance) + 1).some(({ version }) => version !== instance.version);
}

/**
 * By every reading of "last": by Kong's count and by the order of starts. If there is more than one, it is uncertain
 * which one is right.
 */
function lastGoodVersions({ started, route }: History, instance: Started): readonly (number | undefined)[] {
  const hasJudged = (version: number | undefined): boolean =>
    started.some((other) => other.version === version && other.judgedAt !== undefined);
  const earlier = started.slice(0, started.indexOf(instance)).filter(({ version }) => hasJudged(version));
  const bySequence = earlier.toSorted((a, b) => a.sequence - b.sequence).at(-1);
  const byStart = earlier.at(-1);
  const isHere = (one: Started | undefined): boolean =>
    one !== undefined && started.some((other) => other.version === one.version && other.judgedAt === route);
  return [...new Set([bySequence, byStart].filter(isHere).map((one) => one?.version))];
}

type Step = fc.AsyncCommand<History, Product>;

function step(name: string, run: (history: History, real: Product) => Promise<void>): Step {
  return { check: () => true, run, toString: () => name };
}

const versions = fc.integer({ min: 1, max: 4 });

function startInstance({ started }: History, real: Product, version: number | undefined, sequence: number): void {
  const source = real.start(version, sequence);
  started.push({ version, sequence, source, isClosed: false, judgedAt: undefined });
}

/**
 * Kong starts a new instance before it closes the previous instance. If another worker still uses the previous
 * instance, Kong does not close it.
 */
const configure = (closesBefore: boolean) =>
  fc.option(versions, { nil: undefined, freq: 4 }).map((version) =>
    step(`configure ${version ?? "a broken text"}, closes: ${closesBefore}`, async (history, real) => {
      const before = history.started.findLast(({ isClosed }) => !isClosed);
      history.sequence += 1;
      startInstance(history, real, version, history.sequence);
      if (before && closesBefore) {
        before.isClosed = true;
        before.source.close?.();
      }
    }),
  );
const lateWorker = versions.map((version) =>
  step(`a late worker starts ${version}`, async (history, real) =>
    startInstance(history, real, version, Math.max(1, history.sequence - 1)),
  ),
);
const moveRoute = fc.constantFrom("/old", "/payroll").map((route) =>
  step(`the Route is made again at ${route}`, async (history) => {
    history.route = route;
  }),
);
const hold = versions.map((version) =>
  step(`hold keys of ${version}`, async (history, real) => {
    if (!history.heldKeys.has(version)) {
      history.heldKeys.add(version);
      real.keys.hold(`v${version}`);
    }
  }),
);
const release = versions.map((version) =>
  step(`release keys of ${version}`, async (history, real) => {
    history.heldKeys.delete(version);
    real.keys.release(`v${version}`);
    await waitForDisk();
  }),
);
const endWaits = fc.constant(
  step("the longest wait is over", async (_history, real) => {
    real.waits.end();
    await waitForDisk();
  }),
);
/** At 0, the instance starts in the newest worker. At any other number, it starts in one of the other workers. */
const requestAt = (pick: fc.Arbitrary<number>) =>
  pick.map((back) =>
    step(`a request, ${back} workers back`, async (history) => {
      await waitForDisk();
      const open = history.started.filter(({ isClosed }) => !isClosed);
      const instance = open.at(-1 - (back % Math.max(1, open.length)));
      if (instance) {
        await ask(history, instance);
      }
    }),
  );
const request = requestAt(fc.constant(0));

describe("an inline version judges requests of another plugin instance only if it is certainly the last good version", () => {
  it("with any order of configurations, workers, and Routes that have the same ids", async () => {
    const configurations = [configure(true), configure(true), configure(false), lateWorker];
    const requests = [request, request, requestAt(fc.nat({ max: 10 }))];
    const steps = fc.commands([...configurations, moveRoute, hold, release, endWaits, ...requests], {
      maxCommands: 40,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (commands) => {
        const real = new Product();
        const model: History = { started: [], heldKeys: new Set(), sequence: 0, route: "/old" };
        await fc.asyncModelRun(() => ({ model, real }), commands);
      }),
      { numRuns: RUNS },
    );
  }, 3_600_000);
});
