import { readdir } from "node:fs/promises";

/**
 * `POLICY_FILE` does not match policy tests. Policy tests are in the same directories as the policies. `LINKED_TO`
 * matches the directories in which Kubernetes keeps the targets of links. The names of these directories start with two
 * dots.
 */
const POLICY_FILE = /(?<!\.test)\.(?:ya?ml|json)$/;
const LINKED_TO = /(?:^|\/)\.\./;

/**
 * Lists the names of the policy files under a root. Every YAML and JSON file counts as a policy, whatever its content.
 * So a truncated or empty file counts as a broken policy, and not as another kind of document.
 */
export async function listPolicyFiles(root: string): Promise<readonly string[]> {
  const names = await readdir(root, { recursive: true });
  return names.filter((name) => POLICY_FILE.test(name) && !LINKED_TO.test(name));
}
