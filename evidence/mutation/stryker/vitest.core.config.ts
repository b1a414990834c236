import { defineConfig } from "vitest/config";

/** The stages of core one by one, by the tests beside them: quick, and a stage that only the whole pipeline tests is not tested enough. */
export default defineConfig({
  test: {
    include: ["test/core/**/*.test.ts"],
    exclude: ["test/core/decide*.test.ts"],
    testTimeout: 60_000,
  },
});
