import { defineConfig } from "vitest/config";

/** Tokens, keys and requests that others published; `npm run test:vectors`. */
export default defineConfig({
  test: {
    include: ["test/vectors/*.test.ts"],
    testTimeout: 60_000,
    reporters: ["default", "./test/gateway-reporter.ts"],
  },
});
