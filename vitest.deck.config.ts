import { defineConfig } from "vitest/config";

/** Everything with decK; `npm run test:deck`. */
export default defineConfig({
  test: {
    include: ["test/deck/*.test.ts", "test/deck/*.deck.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    reporters: ["default", "./test/gateway-reporter.ts"],
  },
});
