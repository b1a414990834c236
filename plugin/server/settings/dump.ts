import { NAME, PRIORITY, VERSION } from "../../kong/contract/plugin-identity.ts";
import { CONFIG_SCHEMA } from "../../kong/schema/config-schema.ts";

/** The output of Kong's query command. The output is only JSON. It describes the protocol and the one plugin. */
export function renderDump(): string {
  const plugin = { Name: NAME, Version: VERSION, Priority: PRIORITY, Phases: ["access"], Schema: CONFIG_SCHEMA };
  return JSON.stringify({ Protocol: "ProtoBuf:1", Plugins: [plugin] });
}
