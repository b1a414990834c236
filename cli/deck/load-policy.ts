import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import type { PolicyIssue } from "../../plugin/policy/language/issue.ts";
import { readPolicy } from "../../plugin/policy/read-policy.ts";
import { loadPolicyFile } from "../../plugin/runtime/load/policy-store.ts";
import { hashText } from "../../plugin/runtime/load/read-lineage.ts";
import { findWarnings } from "../findings/find-warnings.ts";
import { type ConfigField, isTemplate, type PluginConfig } from "./plugin-config.ts";
import { issueAt, type StateIssue } from "./state/state-issue.ts";

interface LoadedPolicy {
  /** Undefined when the policy is invalid, or known only to decK. */
  readonly policy?: CompiledPolicy;
  readonly issues: readonly StateIssue[];
}

/** Loads the policy of a configuration, as the gateway does. Reports mistakes in a policy file at their place in that file. */
export function createPolicyLoader(policyRoot: string): (config: PluginConfig) => Promise<LoadedPolicy> {
  const loadFile = async (field: ConfigField): Promise<LoadedPolicy> => {
    const load = await loadPolicyFile(policyRoot, field.value);
    const path = join(policyRoot, field.value);
    if ("policy" in load) {
      const ownText = await readFile(path, "utf8");
      return { policy: load.policy, issues: placeInFile(path, ownText, findWarnings(load.text, ownText)) };
    }
    const isRead = !load.issues.some(({ code }) => code.startsWith("file_") || code === "not_a_policy");
    return {
      issues: isRead
        ? placeInFile(path, await readFile(path, "utf8"), load.issues)
        : load.issues.map(({ code, message }) => issueAt(field.source, field.node, "mistake", code, message)),
    };
  };
  const loadInline = (field: ConfigField): LoadedPolicy => {
    const load = readPolicy(field.value, hashText(field.value));
    const found = "policy" in load ? findWarnings(field.value, field.value) : load.issues;
    const issues = found.map(({ line, column, code, message, severity = "mistake" }) => {
      const placed = `Line ${line}, column ${column} of the policy: ${message}`;
      return issueAt(field.source, field.node, severity, code, placed);
    });
    return "policy" in load ? { policy: load.policy, issues } : { issues };
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
  const message = "decK inserts this value later, so policy and rule cannot be checked here.";
  return issueAt(source, node, "warning", "not_checked", message);
}

function placeInFile(file: string, text: string, issues: readonly PolicyIssue[]): StateIssue[] {
  const lines = text.split(/\r?\n/);
  return issues.map(({ line, column, code, message, severity = "mistake" }) => ({
    severity,
    file,
    line,
    column,
    code,
    message,
    text: lines[line - 1],
  }));
}
