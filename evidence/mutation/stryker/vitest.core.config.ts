import { defineConfig } from "vitest/config";

/**
 * Tests each stage of core with the tests in the same folder. The tests of the core are fast. They find stages that
 * only tests of the whole pipeline cover.
 */
export default defineConfig({
  test: {
    include: ["test/core/**/*.test.ts"],
    exclude: ["test/core/decide*.test.ts"],
    testTimeout: 60_000,
    expect: { poll: { timeout: 45_000, interval: 20 } }, // The settings are the same as in vitest.config.ts.
  },
});
