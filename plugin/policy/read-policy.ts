import type { CompiledPolicy } from "../core/policy.ts";
import { compilePolicy } from "./compile-policy.ts";
import type { PolicyIssue } from "./issue.ts";
import { readDocument, type SourceDocument } from "./read-document.ts";
import { validateDocument } from "./validate-document.ts";

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
  const compiled = "findings" in valid ? valid : compilePolicy(valid.document, hash);
  return "findings" in compiled ? { issues: source.locate(compiled.findings) } : compiled;
}
