import { posix } from "node:path";
import { fail, type Result, succeed } from "../../core/model/result.ts";
import { type Finding, wholeDocument } from "../../policy/language/finding.ts";

const POLICY_FILE = /\.(?:ya?ml|json)$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: nobody gives a policy file such a name on purpose.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Why a text cannot be the name of a policy file. */
export type NameRefusal = "outside" | "not_a_policy_file";

/**
 * Normalises the name of a policy file. The name comes from Kong's configuration or from a policy. For example,
 * `./a.yaml` and `team/../a.yaml` become `a.yaml`. Only names that end in `.yaml`, `.yml` or `.json` can be policies,
 * because keys and secrets are under the same root.
 *
 * @param text a path relative to the policy root, with `/` between directories.
 */
export function namePolicyFile(text: string): Result<string, NameRefusal> {
  const name = posix.normalize(text);
  if (posix.isAbsolute(name) || name === "." || name === ".." || name.startsWith("../")) {
    return fail("outside");
  }
  return isPolicyFileName(name) ? succeed(name) : fail("not_a_policy_file");
}

/** Whether a file with this name may be read as a policy. */
export function isPolicyFileName(name: string): boolean {
  return POLICY_FILE.test(name) && !CONTROL.test(name);
}

/** Says why a name cannot be the name of a policy file. The message does not quote the name or the file. */
export function refuseName(refused: NameRefusal): Finding {
  return refused === "outside"
    ? wholeDocument(
        "file_outside_root",
        "The file lies outside the policy root; move it there, or start with another --policy-root.",
      )
    : wholeDocument("not_a_policy", "Only files whose names end in .yaml, .yml or .json are read as policies.");
}
