import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { findFreePorts } from "../../gateways/free-port.ts";
import { kongBinary } from "../../gateways/kong/kong-binary.ts";
import { reportMissing } from "../../gateways/kong/report-missing.ts";
import { OPEN_POLICY } from "../../server/server-process.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { runCliAsync } from "../run-cli-async.ts";

const { missing } = kongBinary();
const ENVIRONMENT = { KONG_BIN: process.env.KONG_BIN ?? "kong", PATH: process.env.PATH ?? "" };

if (missing !== undefined) {
  reportMissing("doctor on a real Kong", missing);
} else {
  describe("kong-jwt-policy doctor on a real Kong", () => {
    it("finds no problem with Kong's prefix and its Admin API, and finds the problem after a change", async () => {
      const policyRoot = temporaryFolder(onTestFinished);
      writeFileSync(join(policyRoot, "open.json"), OPEN_POLICY);
      const [adminPort] = await findFreePorts();
      const kong = await kongBinary({
        guard: true,
        adapt: (settings) => ({ ...settings, KONG_ADMIN_LISTEN: `127.0.0.1:${adminPort}` }),
      }).start({
        configText:
          '_format_version: "3.0"\nservices:\n  - name: s\n    url: http://127.0.0.1:1\n    routes:\n      - { name: open, paths: ["~/open$"], plugins: [{ name: jwt-policy, config: { policy_file: open.json } }] }\n',
        policyRoot,
      });
      onTestFinished(() => kong.stop());
      const args = ["doctor", "--prefix", kong.prefix, "--admin-url", `http://127.0.0.1:${adminPort}`];
      const { status, stdout } = await runCliAsync(args, ENVIRONMENT);
      expect(stdout.split("\n").filter((line) => line.startsWith("✗"))).toEqual([]);
      expect(stdout).toMatch(/✓ kong_version +Kong 3\./);
      expect(stdout).toMatch(/✓ socket_answers +jwt-policy answers/);
      expect(stdout).toMatch(/✓ facts_variable +format 3/);
      expect(stdout).toMatch(/✓ guard_loaded +\//);
      expect([status, stdout]).toEqual([0, expect.stringMatching(/✓ routes_judged +1 Routes, 1 plugins in http/)]);

      await kong.kong?.load(
        '_format_version: "3.0"\nservices:\n  - name: s\n    url: http://127.0.0.1:1\n    routes:\n      - { name: bare, paths: [/bare] }\n      - { name: open, paths: [/open], plugins: [{ name: jwt-policy, config: { policy_file: none.json } }, { name: jwt }] }\n',
      );
      const changed = await runCliAsync(args, ENVIRONMENT);
      expect(changed.stdout).toMatch(/✗ routes_judged +\S* ?none\.json cannot be read/);
      expect(changed.stdout).toMatch(/✗ routes_judged +Route "bare" has no jwt-policy plugin/);
      expect(changed.stdout).toMatch(/✗ plugins_conflict +The plugin jwt, on route "open"/);
      expect(changed.status).toBe(1);
    });
  });
}
