import { readMetadataRequest } from "../core/answer/protected-resource.ts";
import { createReply } from "../core/answer/reply.ts";
import { type Answer, createAnswer, createDeny, type Decision } from "../core/model/decision.ts";
import type { Denial } from "../core/model/denial.ts";
import { fail, type Result, succeed } from "../core/model/result.ts";
import { messageOf } from "../core/text/error-message.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { describeFindings } from "../runtime/versions/policy-report.ts";
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
  /** Called when Kong no longer uses the instance. */
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
      if (!configured.ok) {
        return denyOwn("policy_unavailable", configured.failure);
      }
      const { source, rule, identity, workspace } = configured.value;
      const load = await source.policy.current(() => describeRoute(pdk));
      if (!load.ok) {
        return denyOwn("policy_unavailable", summarize(describeFindings(source.name, load.failure)));
      }
      const policy = load.value;
      const read = await readFacts(pdk, policy, rule);
      if (!read.ok) {
        return createDeny(read.failure, { policy: policy.name }, createReply(policy, undefined));
      }
      const facts = read.value;
      if (!(await runtime.admit(facts, pdk.isAbandoned))) {
        // Report mode also rejects this request, because no decision was made.
        return createDeny(OVERLOADED, { policy: policy.name }, createReply(policy, facts));
      }
      const metadataRequest = readMetadataRequest(policy.protectedResource, facts);
      if (metadataRequest) {
        return createAnswer(metadataRequest);
      }
      const decision = await runtime.decide(facts, policy, askCallers(pdk, workspace));
      return facts.guard && identity ? addVerdict(decision, facts.guard, identity) : decision;
    },
    close() {
      if (configured.ok) {
        configured.value.source.policy.close?.();
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

function readConfigured(configJson: string, runtime: Runtime): Result<Configured, string> {
  let config: PluginConfig;
  try {
    config = parsePluginConfig(configJson);
  } catch (error) {
    return fail(messageOf(error));
  }
  const { policyFile, policy = "", rule, identity, workspace, routeId, serviceId } = config;
  if (policyFile !== undefined) {
    const source = { name: policyFile, policy: runtime.openPolicyFile(policyFile) };
    return succeed({ source, rule, identity, workspace });
  }
  const entity = { pluginId: identity?.pluginId, sequence: identity?.sequence, workspace, routeId, serviceId };
  const source = { name: "the inline policy", policy: runtime.openInlinePolicy(entity, policy, rule) };
  return succeed({ source, rule, identity, workspace });
}

function summarize(mistakes: readonly string[]): string {
  const [first = "the policy is refused"] = mistakes;
  return mistakes.length > 1 ? `${first} (and ${mistakes.length - 1} more)` : first;
}
