import type { Consumer } from "../core/identity.ts";
import type { Pdk } from "./pdk.ts";

/** What the Kong worker behind one request can be asked about callers. */
export interface KongCallers {
  /** Of the plugin's configuration: Consumers of two workspaces may have the same name. */
  readonly workspace: string;
  loadConsumer(by: "id" | "username", value: string): Promise<Consumer | undefined>;
  authenticatedCredential(): Promise<string | undefined>;
  authenticatedConsumer(): Promise<Consumer | undefined>;
}

/** Asks by Kong's PDK, one call each. */
export function askCallers({ client }: Pdk, workspace: string): KongCallers {
  return {
    workspace,
    loadConsumer: async (by, value) => known(await client.loadConsumer(value, by === "username")),
    authenticatedCredential: async () => (await client.getCredential()).id || undefined,
    authenticatedConsumer: async () => known(await client.getConsumer()),
  };
}

/** Kong answers with an empty message where there is none. */
function known(consumer: Consumer): Consumer | undefined {
  return consumer.id ? consumer : undefined;
}
