import type { Finding } from "../../plugin/policy/language/finding.ts";
import { lintPolicy } from "../../plugin/policy/lint/lint-policy.ts";
import { readDocument } from "../../plugin/policy/read/read-document.ts";
import { validateDocument } from "../../plugin/policy/read/validate-document.ts";
import { findShadowed } from "../../plugin/policy/requirements/find-shadowed.ts";

/**
 * Finds parts of a policy that are valid but probably not intended.
 *
 * @param text the text of a policy without mistakes, merged with the policy that it extends.
 * @param ownText the text of the policy's own file. The warnings have positions in this text. The two texts are equal
 * if the policy extends no other policy.
 */
export function findWarnings(text: string, ownText: string): readonly Finding[] {
  const whole = readDocument(text);
  const own = readDocument(ownText);
  if (!whole.ok || !own.ok) {
    return [];
  }
  const valid = validateDocument(whole.value.data);
  if (!valid.ok) {
    return [];
  }
  const warnings = [...findShadowed(valid.value), ...lintPolicy(valid.value)];
  return own.value.locate(warnings.filter((warning) => isOwn(warning, own.value.data)));
}

/** A parent may set variables that only some of its children use, so this check omits warnings about such variables. */
function isOwn({ code, path = [] }: Finding, data: unknown): boolean {
  const { vars } = data as { readonly vars?: Readonly<Record<string, unknown>> };
  return code !== "variable_unused" || (vars !== undefined && Object.hasOwn(vars, String(path[1])));
}
