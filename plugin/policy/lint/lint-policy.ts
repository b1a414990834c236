import type { PolicyDocument } from "../../../schema/generated/policy-document.ts";
import type { Finding } from "../language/finding.ts";
import { lintIssuers } from "./lint-issuers.ts";
import { lintRequirements } from "./lint-requirements.ts";
import { lintTexts } from "./lint-texts.ts";

/**
 * Warns of settings that are valid, but cannot work. offline/lint/rules describes each code.
 *
 * @param document a policy document without mistakes.
 */
export function lintPolicy(document: PolicyDocument): readonly Finding[] {
  return [...lintVars(document), ...lintTexts(document), ...lintIssuers(document), ...lintRequirements(document)];
}

/**
 * Warns of variables that no string uses. Validation has already resolved and removed all other variables. The linter
 * does not check a policy without rules, because policies that extend it may use its variables.
 */
function lintVars({ vars = {}, routes }: PolicyDocument): readonly Finding[] {
  return Object.keys(routes).length === 0
    ? []
    : Object.keys(vars).map((name) => ({
        code: "variable_unused",
        severity: "warning",
        path: ["vars", name],
        atKey: true,
        message: `No string uses the variable "${name}": write "\${vars.${name}}" where its value belongs, or remove the variable.`,
      }));
}
