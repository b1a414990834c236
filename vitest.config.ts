import { defineConfig, type TestProjectConfiguration } from "vitest/config";

const MINUTES = 60_000;

/** Tests that use no processes, sockets, timers or other global state. So threads can run them. */
const PURE = [
  "test/{core,observe,policy,property}/**/*.test.ts",
  "test/keys/{import,rules}/*.test.ts",
  "test/kong/{calls,facts}/*.test.ts",
  "test/server/view/*.test.ts",
  "test/offline/**/*.test.ts",
  "test/attacks/decide.test.ts",
  "test/spoofing/core.test.ts",
];
const ON_KONG = ["test/**/kong-{binary,container}*.test.ts", "test/guard/{faults,requests,settings}.test.ts"];
/** Fast tests that the proofs repeat with more runs: see test/runs.ts. */
const REPEATED = [
  "test/property/*.test.ts",
  "test/core/{json,request,text}/*.test.ts",
  "test/spoofing/{core,sandbox}.test.ts",
  "test/runtime/versions/*-model.test.ts",
  "test/verdicts/equivalence.test.ts",
];

/** Far more time than any test takes on a machine that is busy with other work. */
const PATIENT = { testTimeout: 2 * MINUTES, hookTimeout: 2 * MINUTES };

/**
 * The tests to run at every change. Three files at a time keep two processors busy, because many tests wait for other processes.
 * The files of a worker share one instance of each module, which saves a fifth of the processor time. So a file must restore what
 * it changes, such as timers and variables.
 */
const fast = [
  project("pure", PURE, { isolate: false, pool: "threads", maxWorkers: 3, ...PATIENT }),
  project("fast", ["test/**/*.test.ts"], { isolate: false, exclude: [...PURE, ...ON_KONG], maxWorkers: 3, ...PATIENT }),
];

/**
 * All tests that take longer, or that need tools that only some machines have. `--project NAME` runs these tests.
 * CONTRIBUTING.md lists the commands.
 */
const others = [
  project("proofs", ["evidence/**/*.test.ts", ...REPEATED], {
    exclude: [
      "evidence/{abuse,kong-plugins,verdicts,versions}/*.test.ts",
      "evidence/reloads/*.test.ts",
      "evidence/vectors/*.test.ts",
    ],
    provide: { isThorough: true },
    maxWorkers: 2,
    testTimeout: 1 * MINUTES,
  }),
  project("vectors", ["evidence/vectors/*.test.ts"], { maxWorkers: 2, testTimeout: 1 * MINUTES }),
  project(
    "kong",
    [...ON_KONG, "evidence/{abuse,kong-plugins,verdicts,versions}/*.test.ts", "evidence/reloads/*.test.ts"],
    {
      provide: { isThorough: true },
      maxWorkers: 2,
      ...PATIENT,
    },
  ),
  // Each of these projects needs the whole machine, so its files run one after the other.
  project("deck", ["evidence/deck/*.deck.ts"], { testTimeout: 1 * MINUTES }),
  project("deploy", ["evidence/deploy/**/*.deploy.ts"], { testTimeout: 2 * MINUTES, hookTimeout: 20 * MINUTES }),
  project("faults", ["evidence/faults/*.faults.ts"]),
  project("reloads", ["evidence/reloads/*.reloads.ts"]),
  project("providers", ["evidence/providers/*.proof.ts"]),
  project("keys", ["evidence/key-proof/**/*.proof.ts"], { testTimeout: 60 * MINUTES, hookTimeout: 2 * MINUTES }),
  project("screenshots", ["evidence/observability/*.proof.ts"], { testTimeout: 10 * MINUTES }),
  project("soak", ["evidence/soak/*.soak.ts"], { testTimeout: 30 * MINUTES, hookTimeout: 2 * MINUTES }),
];

export default defineConfig({
  test: {
    // Tests start the built server, so every way to run them builds first.
    globalSetup: "./test/build-first.ts",
    projects: process.argv.some((argument) => argument.startsWith("--project")) ? [...fast, ...others] : fast,
    reporters: ["default", "./evidence/gateway-reporter.ts"],
  },
});

type Settings = NonNullable<
  Exclude<TestProjectConfiguration, string | Promise<unknown> | ((...args: never[]) => unknown)>["test"]
>;

function project(name: string, include: string[], settings: Settings = {}): TestProjectConfiguration {
  const { maxWorkers, testTimeout = 1 * MINUTES } = settings;
  // The wait ends before the end of the test. So the failure shows the value that did not become as expected.
  const poll = { timeout: 0.75 * testTimeout, interval: 20 };
  const files = maxWorkers === undefined ? { fileParallelism: false } : {};
  return { test: { name, include, expect: { poll }, ...files, ...settings } };
}
