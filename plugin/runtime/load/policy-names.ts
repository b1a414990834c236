import { posix } from "node:path";
import type { PolicyIssue } from "../../policy/language/issue.ts";

const POLICY_FILE = /\.(?:ya?ml|json)$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: no file of a policy root has such a name on purpose.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** A name for a file under the policy root, or why the text cannot be one. */
export type PolicyName = { readonly name: string } | { readonly refused: "outside" | "not_a_policy_file" };

/**
 * Normalises the name of a policy file, however a configuration or a policy spells it: `./a.yaml` and `team/../a.yaml` are
 * `a.yaml`. Only names that end in `.yaml`, `.yml` or `.json` can be policies, because keys and secrets lie under the same root.
 *
 * @param text relative to the policy root, with `/` between directories.
 */
export function namePolicyFile(text: string): PolicyName {
  const name = posix.normalize(text);
  if (posix.isAbsolute(name) || name === "." || name === ".." || name.startsWith("../")) {
    return { refused: "outside" };
  }
  return isPolicyFileName(name) ? { name } : { refused: "not_a_policy_file" };
}

/** Whether a file of this name may be read as a policy. */
export function isPolicyFileName(name: string): boolean {
  return POLICY_FILE.test(name) && !CONTROL.test(name);
}

/** Says why a name cannot be one of a policy file. It does not quote the name or the file. */
export function refuseName(refused: "outside" | "not_a_policy_file"): PolicyIssue {
  const [code, message] =
    refused === "outside"
      ? ([
          "file_outside_root",
          "The file lies outside the policy root; move it there, or start with another --policy-root.",
        ] as const)
      : (["not_a_policy", "Only files whose names end in .yaml, .yml or .json are read as policies."] as const);
  return { code, message, pointer: "", line: 1, column: 1 };
}
