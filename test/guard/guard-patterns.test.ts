import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const plugin = join(import.meta.dirname, "../../plugin");
const lua = readFileSync(join(plugin, "guard/kong/plugins/jwt-policy-guard/facts.lua"), "utf8");
const typescript = readFileSync(join(plugin, "kong/facts/narrow-facts.ts"), "utf8");

it.each(["PLAIN", "USUAL_LINE"])(
  "the guard and the plugin server read request lines by the same pattern %s",
  (name) => {
    const [, inGuard] = new RegExp(`^local ${name} =\\s+\\[\\[(.*)\\]\\]$`, "m").exec(lua) ?? [];
    const [, inServer] = new RegExp(`^const ${name} =\\s+/(.*)/;$`, "m").exec(typescript) ?? [];
    expect(inGuard).toBeDefined();
    // The guard also captures the method.
    expect(inServer?.replaceAll("\\/", "/")).toBe(inGuard?.replace("([A-Z]{1,16})", "[A-Z]{1,16}"));
  },
);

it("the guard and the plugin server have the same limit for such lines", () => {
  const [, inGuard] = /^local MAX_PLAIN_LENGTH = (\d+)$/m.exec(lua) ?? [];
  const [, inServer] = /^const MAX_PLAIN_LENGTH = ([\d_]+);$/m.exec(typescript) ?? [];
  expect(inServer?.replaceAll("_", "")).toBe(inGuard);
});
