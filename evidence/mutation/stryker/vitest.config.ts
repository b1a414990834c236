import { defineConfig } from "vitest/config";

/** Tests that import sources: nothing needs building for a mutant, and none starts a process or a gateway. */
export default defineConfig({
  test: {
    include: [
      "test/core/**/*.test.ts",
      "test/property/*.test.ts",
      "test/kong/{handler,verdict,plugin-config}.test.ts",
      "test/server/{connection-*,end-event,instances}.test.ts",
    ],
  },
});
