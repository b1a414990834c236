import type { CompiledPolicy } from "../core/model/policy.ts";
import { compilePolicy } from "./compile/compile-policy.ts";
import type { PolicyIssue } from "./language/issue.ts";
import { readDocument, type SourceDocument } from "./read/read-document.ts";
import { validateDocument } from "./read/validate-document.ts";

/** A compiled policy, or all issues. */
export type PolicyLoad = { readonly policy: CompiledPolicy } | { readonly issues: readonly PolicyIssue[] };

/** Reads, validates and compiles a policy text. */
export function readPolicy(text: string, hash: string): PolicyLoad {
  const source = readDocument(text);
  return "issues" in source ? source : compileSource(source, hash);
}

/** Validates and compiles plain data. Defaults are filled into a copy, so the data does not change. */
export function compileSource(source: SourceDocument, hash: string): PolicyLoad {
  const valid = validateDocument(structuredClone(source.data));
  if ("findings" in valid) {
    return { issues: source.locate(valid.findings) };
  }
  const compiled = compilePolicy(valid.document, hash);
  return compiled.ok ? { policy: compiled.value } : { issues: source.locate(compiled.failure) };
}
