import { createDeny, type Decision } from "../core/decision.ts";
import { isDenial } from "../core/denial.ts";
import type { PolicyIssue } from "../policy/issue.ts";
import type { PolicyLoad } from "../runtime/policy-store.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Pdk } from "./pdk.ts";
import { type PluginConfig, parsePluginConfig } from "./plugin-config.ts";
import type { ReadFacts } from "./read-facts.ts";

/** One Kong plugin entity: a configuration bound to a policy. */
export interface PluginInstance {
  /** Decides the request behind `pdk`. What the decision asks for is left to the caller. */
  access(pdk: Pdk): Promise<Decision>;
}

/**
 * Starts an instance without waiting for anything: Kong can not be told that a start failed, so what is wrong with the
 * configuration or the policy shows as a refusal of every request.
 *
 * @param configJson the plugin's configuration as Kong sends it.
 */
export function startPluginInstance(configJson: string, runtime: Runtime, readFacts: ReadFacts): PluginInstance {
  const loading = loadConfigured(configJson, runtime);
  return {
    async access(pdk) {
      const loaded = await loading;
      if ("problem" in loaded) {
        return createDeny({ reason: "policy_unavailable", detail: loaded.problem }, { policy: "jwt-policy" });
      }
      const { policy, rule } = loaded;
      const facts = await readFacts(pdk, policy, rule);
      return isDenial(facts) ? createDeny(facts, { policy: policy.name }) : runtime.decide(facts, policy);
    },
  };
}

type Loaded =
  | ({ readonly rule: string | undefined } & Extract<PolicyLoad, { policy: unknown }>)
  | { readonly problem: string };

async function loadConfigured(configJson: string, runtime: Runtime): Promise<Loaded> {
  let config: PluginConfig;
  try {
    config = parsePluginConfig(configJson);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : "the plugin's configuration can not be read" };
  }
  const { policyFile, policy, rule } = config;
  const load =
    policyFile === undefined ? runtime.loadInlinePolicy(policy ?? "") : await runtime.loadPolicyFile(policyFile);
  return "policy" in load
    ? { policy: load.policy, rule }
    : { problem: describeIssues(policyFile ?? "the inline policy", load.issues) };
}

function describeIssues(source: string, issues: readonly PolicyIssue[]): string {
  const [first] = issues;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  return first
    ? `${source}:${first.line}:${first.column} ${first.code}: ${first.message}${more}`
    : `${source} is refused`;
}
