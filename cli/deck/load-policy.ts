import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { readPolicy } from "../../plugin/policy/read-policy.ts";
import { loadPolicyFile } from "../../plugin/runtime/load/policy-store.ts";
import { hashText } from "../../plugin/runtime/load/read-lineage.ts";
import { showFailure } from "../files/show-failure.ts";
import { areAboutText, showExcerpts } from "../findings/excerpts.ts";
import { findWarnings } from "../findings/find-warnings.ts";
import { type ConfigField, isTemplate, type PluginConfig } from "./plugin-config.ts";
import { findingAt } from "./state/state-finding.ts";

interface LoadedPolicy {
  /**
   * The policy is undefined if it is invalid. It is also undefined if a decK template gives it, because only decK knows
   * the template's value.
   */
  readonly policy?: CompiledPolicy;
  /** The policy as one document. The text is absent if `policy` is absent. */
  readonly text?: string;
  readonly findings: readonly Finding[];
}

/**
 * Returns a function that loads the policy of a configuration, as the gateway does. A finding about a policy file has
 * its position in this file.
 */
export function createPolicyLoader(policyRoot: string): (config: PluginConfig) => Promise<LoadedPolicy> {
  // The code uses a cache, because hundreds of plugins can name the same policy file.
  const loaded = new Map<string, LoadedPolicy>();
  const loadFile = async (field: ConfigField): Promise<LoadedPolicy> => {
    const known = loaded.get(field.value);
    if (known) {
      return known;
    }
    const load = await loadPolicyFile(policyRoot, field.value);
    const path = join(policyRoot, field.value);
    if (load.ok) {
      const ownText = await readFile(path, "utf8");
      const findings = showExcerpts(findWarnings(load.text, ownText), path, ownText);
      const policy = { policy: load.value, text: load.text, findings };
      loaded.set(field.value, policy);
      return policy;
    }
    return {
      findings: areAboutText(load.failure)
        ? await showFailure(load, path, path)
        : load.failure.map(({ code, message }) => findingAt(field.source, field.node, "error", code, message)),
    };
  };
  const loadInline = (field: ConfigField): LoadedPolicy => {
    const load = readPolicy(field.value, hashText(field.value));
    const found = load.ok ? findWarnings(field.value, field.value) : load.failure;
    const findings = found.map(({ line, column, code, message, severity = "error" }) => {
      const placed = `Line ${line}, column ${column} of the policy: ${message}`;
      return findingAt(field.source, field.node, severity, code, placed);
    });
    return load.ok ? { policy: load.value, text: field.value, findings } : { findings };
  };
  return async (config) => {
    const file = config.get("policy_file");
    const field = file ?? config.get("policy");
    if (field === undefined || isTemplate(field.value)) {
      return { findings: field ? [reportTemplate(field)] : [] };
    }
    return file ? loadFile(file) : loadInline(field);
  };
}

export function reportTemplate({ source, node }: ConfigField): Finding {
  const message = "decK inserts this value later, so policy and rule cannot be checked here.";
  return findingAt(source, node, "warning", "not_checked", message);
}
