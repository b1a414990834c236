import { defineConfig } from "vitest/config";

/** Tests that import sources. So no mutant needs a build, and no test starts the built server or a gateway. */
export default defineConfig({
  test: {
    include: [
      "test/{core,keys,kong,observe,policy,property,runtime}/**/*.test.ts",
      "test/server/protocol/*.test.ts",
      "test/server/status/status.test.ts",
      "test/server/launcher/launcher-parts.test.ts",
    ],
    exclude: [
      "test/**/kong-{binary,container}*.test.ts",
      "test/kong/schema/{kong,lua}-schema.test.ts",
      "test/kong/plugin-module.test.ts",
      "test/runtime/load/compile-in-threads.test.ts",
    ],
    testTimeout: 60_000,
    expect: { poll: { timeout: 45_000, interval: 20 } }, // The settings are the same as in vitest.config.ts.
  },
});
