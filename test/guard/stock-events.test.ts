import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, it } from "vitest";

it("kong-pdk's server keeps no memory of a refused request", () => {
  const main = createRequire(import.meta.url).resolve("kong-pdk/bin/kong-js-pluginserver");
  const output = execFileSync(process.execPath, [join(import.meta.dirname, "stock-events.cjs")], {
    env: {
      TS_NODE_SKIP_PROJECT: "true",
      TS_NODE_COMPILER: createRequire(main).resolve("typescript"),
      JWT_POLICY_ROOT: import.meta.dirname,
    },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  expect(JSON.parse(output.trim().split("\n").at(-1) ?? "")).toEqual({
    kept: 0,
    methods: ["kong.nginx.get_var", "kong.log.warn", "kong.service.request.set_headers"],
  });
});
