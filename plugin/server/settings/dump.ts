import { NAME, PRIORITY, VERSION } from "../../kong/contract/plugin-identity.ts";
import { CONFIG_SCHEMA } from "../../kong/schema/config-schema.ts";

/**
 * Renders the answer to Kong's query command. The answer is JSON without other text. It describes the protocol and the
 * plugin.
 */
export function renderDump(): string {
  const plugin = { Name: NAME, Version: VERSION, Priority: PRIORITY, Phases: ["access"], Schema: CONFIG_SCHEMA };
  return JSON.stringify({ Protocol: "ProtoBuf:1", Plugins: [plugin] });
}
