import { defineConfig } from "vitest/config";

/** Reloads, restarts and upgrades on a Kong binary; it needs the whole machine. */
export default defineConfig({
  test: {
    include: ["test/reloads/*.reloads.ts"],
    fileParallelism: false,
    reporters: ["default", "./test/gateway-reporter.ts"],
  },
});
