import { defineConfig } from "vitest/config";

/** Long runs on keys that change, fail and are asked for in vain; `npm run soak:keys`. */
export default defineConfig({
  test: {
    include: ["test/key-proof/*.proof.ts"],
    fileParallelism: false,
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
    reporters: ["default", "./test/gateway-reporter.ts"],
  },
});
