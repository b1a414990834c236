import { NAME } from "../contract/plugin-identity.ts";

/** The fields of `config`, in Kong's schema language. */
export const CONFIG_FIELDS = [
  {
    policy_file: {
      description: "Path of the policy file, relative to the policy root with which the plugin server was started.",
      type: "string",
      len_min: 1,
      len_max: 1024,
    },
  },
  {
    policy: {
      description: "A whole policy document as YAML or JSON text, for small policies or one global plugin.",
      type: "string",
      len_min: 1,
      len_max: 131_072,
    },
  },
  {
    rule: {
      description:
        "Id of the policy's rule. If no id is set, the Kong Route's name selects the rule, or else the Route's tag `jwt-policy-rule:<id>`.",
      type: "string",
      len_min: 1,
      len_max: 128,
    },
  },
] as const;

/**
 * The plugin's schema in Kong's own language, as the query command prints it. With the checks in this schema, Kong
 * rejects a wrong configuration as soon as Kong loads it, and not only at the first request.
 */
export const CONFIG_SCHEMA = {
  name: NAME,
  fields: [
    // The plugin reads the Consumer from the token, so a plugin that is configured for a Consumer would never run.
    { consumer: { type: "foreign", reference: "consumers", eq: null } },
    {
      protocols: {
        type: "set",
        required: true,
        default: ["grpc", "grpcs", "http", "https"],
        elements: { type: "string", one_of: ["grpc", "grpcs", "http", "https"] },
      },
    },
    {
      config: {
        type: "record",
        required: true,
        fields: CONFIG_FIELDS,
        entity_checks: [{ only_one_of: ["policy_file", "policy"] }, { at_least_one_of: ["policy_file", "policy"] }],
      },
    },
  ],
} as const;
