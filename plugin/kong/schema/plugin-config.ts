import type { InstanceIdentity } from "../contract/guard-mark.ts";

/**
 * The plugin's configuration as Kong passes it to an instance. Kong has already checked the configuration against the schema that
 * the query command prints.
 */
export interface PluginConfig {
  /** File under the policy root; undefined if `policy` is set instead. */
  readonly policyFile: string | undefined;
  /** The whole text of a policy document. */
  readonly policy: string | undefined;
  /** Rule id; if undefined, the Kong Route names the rule. */
  readonly rule: string | undefined;
  /**
   * Kong's id of this configuration and of the configuration's version. Only the verdict for the guard needs the
   * identity.
   */
  readonly identity: InstanceIdentity | undefined;
  /** Id of the Kong workspace to which the plugin belongs; empty if Kong does not send the id. */
  readonly workspace: string;
  /**
   * Ids of the Route and of the Service for which the plugin is configured. An id is undefined if the plugin is not
   * configured for this kind of entity.
   */
  readonly routeId: string | undefined;
  readonly serviceId: string | undefined;
}

/**
 * Reads the configuration from Kong's JSON. Kong adds its own members (`__plugin_id`, `route_id` …) and writes unset members as
 * null.
 *
 * @throws Error if the schema does not allow the configuration.
 */
export function parsePluginConfig(json: string): PluginConfig {
  const config = parseJson(json);
  if (typeof config !== "object" || config === null) {
    throw new Error("the plugin's configuration is not an object");
  }
  const read = (name: string): string | undefined => {
    const value: unknown = (config as Record<string, unknown>)[name];
    if (value !== undefined && value !== null && typeof value !== "string") {
      throw new Error(`config.${name} is not a string`);
    }
    return value || undefined;
  };
  const parsed = {
    policyFile: read("policy_file"),
    policy: read("policy"),
    rule: read("rule"),
    identity: readIdentity(config),
    workspace: read("__ws_id") ?? "",
    routeId: read("route_id"),
    serviceId: read("service_id"),
  };
  if ((parsed.policyFile === undefined) === (parsed.policy === undefined)) {
    throw new Error("exactly one of config.policy_file and config.policy must be set");
  }
  return parsed;
}

/** Omits the parser's message, because the message quotes the configuration. */
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Error("the plugin's configuration is not JSON");
  }
}

/** Reads the identity that Kong adds to every configuration. */
export function readIdentity(config: object): InstanceIdentity | undefined {
  const { __plugin_id: pluginId, __seq__: sequence } = config as { __plugin_id?: unknown; __seq__?: unknown };
  return typeof pluginId === "string" && typeof sequence === "number" ? { pluginId, sequence } : undefined;
}
