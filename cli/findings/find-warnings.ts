import type { Finding } from "../../plugin/policy/language/finding.ts";
import { readDocument } from "../../plugin/policy/read/read-document.ts";
import { validateDocument } from "../../plugin/policy/read/validate-document.ts";
import { findShadowed } from "../../plugin/policy/requirements/find-shadowed.ts";

/**
 * Finds parts of a policy that are valid but probably not intended.
 *
 * @param text the text of a policy without mistakes, merged with the policy that it extends.
 * @param ownText the text of the policy's own file, in which the warnings are located. It equals `text` if the policy extends
 *   no other policy.
 */
export function findWarnings(text: string, ownText: string): readonly Finding[] {
  const whole = readDocument(text);
  const own = readDocument(ownText);
  if (!whole.ok || !own.ok) {
    return [];
  }
  const valid = validateDocument(whole.value.data);
  return valid.ok ? own.value.locate(findShadowed(valid.value)) : [];
}
