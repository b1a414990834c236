import { findShadowed } from "../plugin/policy/find-shadowed.ts";
import type { PolicyIssue } from "../plugin/policy/issue.ts";
import { readDocument } from "../plugin/policy/read-document.ts";
import { validateDocument } from "../plugin/policy/validate-document.ts";

/**
 * Finds parts of a policy that are valid, but that the author probably did not intend.
 *
 * @param text of a policy without mistakes, as one document.
 * @param ownText of the policy's own file, in which each warning gets its place; the same text when it extends no other.
 */
export function findWarnings(text: string, ownText: string): readonly PolicyIssue[] {
  const whole = readDocument(text);
  const own = readDocument(ownText);
  if ("issues" in whole || "issues" in own) {
    return [];
  }
  const valid = validateDocument(whole.data);
  return "findings" in valid ? [] : own.locate(findShadowed(valid.document));
}
