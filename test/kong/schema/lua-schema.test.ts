import { describe, expect, it } from "vitest";
import { renderLuaSchema } from "../../../plugin/kong/schema/lua-schema.ts";
import { runCli } from "../../cli/run-cli.ts";

describe("the schema in Lua", () => {
  it("has null instead of nil, because Lua would drop nil, and keeps lists, texts, numbers and booleans", () => {
    const schema = { name: 'a "b" \\ c', fields: [{ len_min: 1, required: true, eq: null }, {}, []] };
    expect(renderLuaSchema(schema)).toBe(`return {
  name = "a \\"b\\" \\\\ c",
  fields = {
    {
      len_min = 1,
      required = true,
      eq = ngx.null,
    },
    {},
    {},
  },
}
`);
  });

  it("is what `kong-jwt-policy kong schema` prints, and requires no module, which Konnect forbids", () => {
    const { status, stdout, stderr } = runCli(["kong", "schema"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain('name = "jwt-policy"');
    expect(stdout).not.toMatch(/\brequire\b/);
  });
});
