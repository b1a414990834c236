import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Gateways, providers and child processes: two files at a time leave each enough of a small machine.
    maxWorkers: 2,
    testTimeout: 20_000,
    reporters: ["default", "./test/gateway-reporter.ts"],
  },
});
