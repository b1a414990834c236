import { defineConfig } from "vitest/config";

/** Rotations at real identity providers, as far as they are here; `npm run test:providers`. */
export default defineConfig({
  test: {
    include: ["test/providers/*.proof.ts"],
    reporters: ["default", "./test/gateway-reporter.ts"],
  },
});
