import type { Command } from "commander";
import { VERSION } from "../../plugin/kong/contract/plugin-identity.ts";
import { CONFIG_SCHEMA } from "../../plugin/kong/schema/config-schema.ts";
import { renderLuaSchema } from "../../plugin/kong/schema/lua-schema.ts";

export function addKongSchemaCommand(kong: Command): void {
  kong
    .command("schema")
    .description(
      "print the plugin's schema in Lua; Konnect needs it, because Konnect does not ask a plugin server for the schema",
    )
    .action(() => {
      process.stdout.write(`-- The schema of jwt-policy ${VERSION}, printed by \`kong-jwt-policy kong schema\`.\n`);
      process.stdout.write(renderLuaSchema(CONFIG_SCHEMA));
    });
}
