import { defineConfig } from "vitest/config";

/** Images, compose files and hybrid mode, one after the other: they build, and start whole gateways. */
export default defineConfig({
  test: {
    include: ["test/deploy/*.deploy.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 1_200_000,
    reporters: ["default", "./test/gateway-reporter.ts"],
  },
});
