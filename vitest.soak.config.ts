import { defineConfig } from "vitest/config";

/** Long runs that look at memory; `npm run soak`. */
export default defineConfig({
  test: {
    include: ["test/soak/*.soak.ts"],
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 120_000,
  },
});
