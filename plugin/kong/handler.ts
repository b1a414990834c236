import { readMetadataRequest } from "../core/answer/protected-resource.ts";
import { createReply } from "../core/answer/reply.ts";
import { type Answer, createAnswer, createDeny, type Decision } from "../core/model/decision.ts";
import { type Denial, isDenial } from "../core/model/denial.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { describeIssues } from "../runtime/versions/policy-report.ts";
import type { PolicySource } from "../runtime/versions/policy-source.ts";
import { addVerdict } from "./calls/verdict.ts";
import { denyOwn } from "./contract/deny-own.ts";
import type { InstanceIdentity } from "./contract/guard-mark.ts";
import type { Pdk } from "./contract/pdk.ts";
import { askCallers } from "./facts/callers.ts";
import { describeRoute } from "./facts/describe-route.ts";
import type { ReadFacts } from "./facts/read-facts.ts";
import { type PluginConfig, parsePluginConfig } from "./schema/plugin-config.ts";

/** Time limit for one event. The first fetch of keys takes up to two requests of two seconds each. */
export const DEADLINE_MS = 5_000;

const OVERLOADED: Denial = { reason: "overloaded", detail: "more requests come than the plugin server can judge" };

/** One Kong plugin entity: a configuration bound to a policy. */
export interface PluginInstance {
  /** Decides the request behind `pdk`. The caller carries out the decision. */
  access(pdk: Pdk): Promise<Decision | Answer>;
  /** Kong no longer uses the instance. */
  close?(): void;
}

/**
 * Starts an instance without waiting. The plugin cannot report a failed start to Kong. So with a mistake in the configuration or
 * the policy, it refuses every request.
 *
 * @param configJson the plugin's configuration as Kong sends it.
 */
export function startPluginInstance(configJson: string, runtime: Runtime, readFacts: ReadFacts): PluginInstance {
  const configured = readConfigured(configJson, runtime);
  return {
    async access(pdk) {
      if ("problem" in configured) {
        return denyOwn("policy_unavailable", configured.problem);
      }
      const { source, rule, identity, workspace } = configured;
      const load = await source.policy.current(() => describeRoute(pdk));
      if ("issues" in load) {
        return denyOwn("policy_unavailable", summarize(describeIssues(source.name, load.issues)));
      }
      const facts = await readFacts(pdk, load.policy, rule);
      if (isDenial(facts)) {
        return createDeny(facts, { policy: load.policy.name }, createReply(load.policy, undefined));
      }
      if (!(await runtime.admit(facts, pdk.isAbandoned))) {
        // Report mode rejects it too, because no decision was made.
        return createDeny(OVERLOADED, { policy: load.policy.name }, createReply(load.policy, facts));
      }
      const metadataRequest = readMetadataRequest(load.policy.protectedResource, facts);
      if (metadataRequest) {
        return createAnswer(metadataRequest);
      }
      const decision = await runtime.decide(facts, load.policy, askCallers(pdk, workspace));
      return facts.guard && identity ? addVerdict(decision, facts.guard, identity) : decision;
    },
    close() {
      if ("source" in configured) {
        configured.source.policy.close?.();
      }
    },
  };
}

interface Configured {
  readonly source: { readonly name: string; readonly policy: PolicySource };
  readonly rule: string | undefined;
  readonly identity: InstanceIdentity | undefined;
  readonly workspace: string;
}

function readConfigured(configJson: string, runtime: Runtime): Configured | { readonly problem: string } {
  let config: PluginConfig;
  try {
    config = parsePluginConfig(configJson);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : "the plugin's configuration cannot be read" };
  }
  const { policyFile, policy = "", rule, identity, workspace, routeId, serviceId } = config;
  if (policyFile !== undefined) {
    return { source: { name: policyFile, policy: runtime.openPolicyFile(policyFile) }, rule, identity, workspace };
  }
  const entity = { pluginId: identity?.pluginId, sequence: identity?.sequence, workspace, routeId, serviceId };
  return {
    source: { name: "the inline policy", policy: runtime.openInlinePolicy(entity, policy, rule) },
    rule,
    identity,
    workspace,
  };
}

function summarize(issues: readonly string[]): string {
  const [first = "the policy is refused"] = issues;
  return issues.length > 1 ? `${first} (and ${issues.length - 1} more)` : first;
}
