import type { CompiledPolicy } from "../core/policy.ts";
import { compilePolicy } from "./compile-policy.ts";
import type { PolicyIssue } from "./issue.ts";
import { readDocument } from "./read-document.ts";
import { validateDocument } from "./validate-document.ts";

/** The whole way from a text to a policy that can decide, or all that is wrong with it. */
export function readPolicy(
  text: string,
  hash: string,
): { readonly policy: CompiledPolicy } | { readonly issues: readonly PolicyIssue[] } {
  const source = readDocument(text);
  if ("issues" in source) {
    return source;
  }
  const valid = validateDocument(source.data);
  const compiled = "findings" in valid ? valid : compilePolicy(valid.document, hash);
  return "findings" in compiled ? { issues: source.locate(compiled.findings) } : compiled;
}
