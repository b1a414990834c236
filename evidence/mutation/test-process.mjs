// A process with one Vitest. It runs the test files that its parent names. The process stops at the first failure. If a
// mutant hangs, the parent ends the process. So the process reports each test that ends.
import { createVitest } from "vitest/node";

const progress = {
  onTestCaseResult: () => process.send({ progress: true }),
  onTestModuleStart: ({ relativeModuleId }) => process.send({ progress: true, file: relativeModuleId }),
};
/** Keeps the order of the parent, because the nearest test is the most likely to notice the mutant. */
class AsNamed {
  shard = (files) => files;
  sort = (files) => files;
}
const vitest = await createVitest("test", {
  root: process.cwd(),
  config: false,
  watch: false,
  bail: 1,
  include: ["test/**/*.test.ts"],
  pool: "forks",
  isolate: false, // The files of one run share each module, as in vitest.config.ts. This saves most of the time for a mutant that survives.
  sequence: { sequencer: AsNamed },
  maxWorkers: 1,
  fileParallelism: false,
  // The times are as long as in vitest.config.ts. A test that fails only because the machine is busy would be useless.
  ...{ testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 45_000, interval: 20 } } },
  reporters: [progress],
});
await vitest.standalone();

process.on("message", async ({ tests, changed }) => {
  for (const file of changed) {
    vitest.invalidateFile(file);
  }
  vitest.state.filesMap.clear();
  vitest.state.idMap.clear();
  const specifications = await vitest.globTestSpecifications(tests);
  const wanted = tests.flatMap((test) => specifications.find(({ moduleId }) => moduleId.endsWith(`/${test}`)) ?? []);
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(wanted);
  const failed = testModules.find((module) => !module.ok());
  const test = failed && [...failed.children.allTests("failed")][0];
  process.send({
    killerFile: failed?.relativeModuleId,
    killer: failed
      ? `${failed.relativeModuleId}: ${test?.fullName ?? failed.errors()[0]?.message}`
      : unhandledErrors[0] && "an error outside of any test",
  });
});
process.send({ ready: true });
