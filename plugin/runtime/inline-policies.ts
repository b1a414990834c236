import type { CompiledPolicy } from "../core/policy.ts";
import type { Log } from "../observe/operator-log.ts";
import type { PolicyIssue } from "../policy/issue.ts";
import type { PolicyLoad } from "../policy/read-policy.ts";
import { describeIssues, describeStatus, type PolicyStatus, reportInForce, reportRefused } from "./policy-report.ts";
import type { PolicySource } from "./policy-source.ts";
import type { PolicyStore } from "./policy-store.ts";
import { type PolicyKeys, waitForKeys } from "./wait-for-keys.ts";

export interface InlinePolicies {
  /**
   * The policy that one plugin instance carries in its configuration.
   *
   * @param pluginId of the Kong plugin entity; it stays the same when the configuration changes and the instance starts anew.
   *   Without it nothing is kept: the last good version of one entity must never decide for another.
   * @param rule that the configuration names. A last good version that does not have it can not decide in the meantime.
   */
  open(pluginId: string | undefined, text: string, rule: string | undefined): PolicySource;
  status(): readonly PolicyStatus[];
}

/** Far more plugin entities than carry policies of their own on any gateway. */
const MAX_PLUGINS = 10_000;

interface InlinePolicy {
  good: CompiledPolicy | undefined;
  refused: readonly PolicyIssue[];
}

/**
 * Keeps the last good inline policy of each Kong plugin entity: Kong starts a new instance for a changed configuration and
 * can not be told that it is broken. A new version decides for its own instance once its issuers have keys; until then, and
 * when it has mistakes, the last good one does.
 */
export function keepInlinePolicies(store: PolicyStore, keys: PolicyKeys, log: Log): InlinePolicies {
  const plugins = new Map<string, InlinePolicy>();

  const remember = (pluginId: string, change: Partial<InlinePolicy>): void => {
    const known = plugins.get(pluginId) ?? { good: undefined, refused: [] };
    plugins.delete(pluginId);
    plugins.set(pluginId, { ...known, ...change });
    const [oldest] = plugins.keys();
    if (plugins.size > MAX_PLUGINS && oldest !== undefined) {
      plugins.delete(oldest);
    }
  };

  const refuse = (pluginId: string, load: { readonly issues: readonly PolicyIssue[] }): PolicyLoad => {
    const good = plugins.get(pluginId)?.good;
    remember(pluginId, { refused: load.issues });
    const [first] = describeIssues("policy", load.issues);
    reportRefused(describeSource(pluginId), good !== undefined, first, log);
    return good ? { policy: good } : load;
  };

  const take = (pluginId: string, policy: CompiledPolicy): void => {
    const isNew = plugins.get(pluginId)?.good?.hash !== policy.hash;
    remember(pluginId, { good: policy, refused: [] });
    // Each of Kong's workers starts an instance of its own.
    if (isNew) {
      reportInForce(describeSource(pluginId), policy, log);
    }
  };

  return {
    open(pluginId, text, rule) {
      const load = store.loadInline(text);
      if (pluginId === undefined) {
        return { current: () => load };
      }
      if ("issues" in load) {
        const inForce = refuse(pluginId, load);
        return {
          current() {
            // Another instance's version may have been waiting for its keys, and be the last good one by now.
            const good = plugins.get(pluginId)?.good;
            return good ? { policy: good } : inForce;
          },
        };
      }
      const good = plugins.get(pluginId)?.good;
      const canDecide = good !== undefined && (rule === undefined || good.rules.has(rule));
      if (!canDecide || good.hash === load.policy.hash) {
        void keys.prepare(load.policy);
        take(pluginId, load.policy);
        return { current: () => load };
      }
      let inForce: PolicyLoad = { policy: good };
      void waitForKeys(load.policy, keys, describeSource(pluginId), log).then(() => {
        inForce = load;
        take(pluginId, load.policy);
      });
      return { current: () => inForce };
    },
    status: () =>
      [...plugins].map(([pluginId, { good, refused }]) => describeStatus(`inline ${pluginId}`, good, refused, keys)),
  };
}

function describeSource(pluginId: string): string {
  return `inline policy of plugin ${pluginId}`;
}
