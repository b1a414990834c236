import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CompiledPolicy } from "../../plugin/core/policy.ts";
import type { PolicyIssue } from "../../plugin/policy/issue.ts";
import { createPolicyStore } from "../../plugin/runtime/policy-store.ts";
import { type ConfigField, isTemplate, type PluginConfig } from "./plugin-config.ts";
import { issueAt, type StateIssue } from "./state-issue.ts";

interface LoadedPolicy {
  /** Undefined when there is no good one, or nobody can know it here. */
  readonly policy?: CompiledPolicy;
  readonly issues: readonly StateIssue[];
}

/** Finds the policy that a configuration means, as the gateway does. Mistakes within a policy file are told at their place there. */
export function createPolicyLoader(policyRoot: string): (config: PluginConfig) => Promise<LoadedPolicy> {
  const store = createPolicyStore(policyRoot);
  const loadFile = async (field: ConfigField): Promise<LoadedPolicy> => {
    const load = await store.loadFile(field.value);
    if ("policy" in load) {
      return { policy: load.policy, issues: [] };
    }
    const isRead = !load.issues.some(({ code }) => code.startsWith("file_"));
    return {
      issues: isRead
        ? await placeInFile(join(policyRoot, field.value), load.issues)
        : load.issues.map(({ code, message }) => issueAt(field.source, field.node, "mistake", code, message)),
    };
  };
  const loadInline = (field: ConfigField): LoadedPolicy => {
    const load = store.loadInline(field.value);
    if ("policy" in load) {
      return { policy: load.policy, issues: [] };
    }
    const issues = load.issues.map(({ line, column, code, message }) => {
      const placed = `Line ${line}, column ${column} of the policy: ${message}`;
      return issueAt(field.source, field.node, "mistake", code, placed);
    });
    return { issues };
  };
  return async (config) => {
    const file = config.get("policy_file");
    const field = file ?? config.get("policy");
    if (field === undefined || isTemplate(field.value)) {
      return { issues: field ? [reportTemplate(field)] : [] };
    }
    return file ? loadFile(file) : loadInline(field);
  };
}

export function reportTemplate({ source, node }: ConfigField): StateIssue {
  const message = "decK puts this in later, so that policy and rule can not be checked here.";
  return issueAt(source, node, "warning", "not_checked", message);
}

async function placeInFile(file: string, issues: readonly PolicyIssue[]): Promise<StateIssue[]> {
  // Another file than a policy may be a secret.
  const isShown = !issues.some(({ code }) => code === "not_a_policy");
  const lines = isShown ? (await readFile(file, "utf8")).split(/\r?\n/) : [];
  return issues.map(({ line, column, code, message }) => ({
    severity: "mistake",
    file,
    line,
    column,
    code,
    message,
    text: lines[line - 1],
  }));
}
