import type { Consumer } from "../../core/model/caller.ts";
import type { Pdk } from "../contract/pdk.ts";

/** Asks Kong about callers while the plugin judges one request. The Kong worker of this request answers. */
export interface KongCallers {
  /**
   * Workspace of the plugin's configuration, in which Kong looks for the Consumer. Consumers in two workspaces may have the same
   * name.
   */
  readonly workspace: string;
  loadConsumer(by: "id" | "username", value: string): Promise<Consumer | undefined>;
  authenticatedCredential(): Promise<string | undefined>;
  authenticatedConsumer(): Promise<Consumer | undefined>;
}

/**
 * Asks Kong about callers through the PDK, with one call for each question. The function reads `pdk.client` only when the
 * plugin asks a question. If the plugin has read `pdk.client` for a decision, the plugin does not reuse this decision.
 */
export function askCallers(pdk: Pdk, workspace: string): KongCallers {
  return {
    workspace,
    loadConsumer: async (by, value) => known(await pdk.client.loadConsumer(value, by === "username")),
    authenticatedCredential: async () => (await pdk.client.getCredential()).id || undefined,
    authenticatedConsumer: async () => known(await pdk.client.getConsumer()),
  };
}

/** Kong answers with an empty message if it finds no Consumer. */
function known(consumer: Consumer): Consumer | undefined {
  return consumer.id ? consumer : undefined;
}
