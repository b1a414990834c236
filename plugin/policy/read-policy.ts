import type { CompiledPolicy } from "../core/policy.ts";
import { compilePolicy } from "./compile-policy.ts";
import type { PolicyIssue } from "./issue.ts";
import { readDocument, type SourceDocument } from "./read-document.ts";
import { validateDocument } from "./validate-document.ts";

/** A compiled policy, or all that is wrong with it. */
export type PolicyLoad = { readonly policy: CompiledPolicy } | { readonly issues: readonly PolicyIssue[] };

/** The whole way from a text to a policy that can decide. */
export function readPolicy(text: string, hash: string): PolicyLoad {
  const source = readDocument(text);
  return "issues" in source ? source : compileSource(source, hash);
}

/** From plain data to a policy. The data stays as it is: defaults are filled into a copy. */
export function compileSource(source: SourceDocument, hash: string): PolicyLoad {
  const valid = validateDocument(structuredClone(source.data));
  const compiled = "findings" in valid ? valid : compilePolicy(valid.document, hash);
  return "findings" in compiled ? { issues: source.locate(compiled.findings) } : compiled;
}
