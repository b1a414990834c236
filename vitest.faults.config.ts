import { defineConfig } from "vitest/config";

/** Faults on every gateway that is here, one gateway at a time: each needs the whole machine. */
export default defineConfig({
  test: {
    include: ["test/faults/*.faults.ts"],
    fileParallelism: false,
    reporters: ["default", "./test/gateway-reporter.ts"],
  },
});
