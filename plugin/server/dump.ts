import { CONFIG_SCHEMA } from "../kong/config-schema.ts";
import { NAME, PRIORITY, VERSION } from "../kong/plugin-identity.ts";

/** What Kong's query command must print: pure JSON that names the protocol and the one plugin. */
export function renderDump(): string {
  const plugin = { Name: NAME, Version: VERSION, Priority: PRIORITY, Phases: ["access"], Schema: CONFIG_SCHEMA };
  return JSON.stringify({ Protocol: "ProtoBuf:1", Plugins: [plugin] });
}
