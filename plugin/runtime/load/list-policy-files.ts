import { readdir } from "node:fs/promises";

/**
 * Excludes policy tests, which are in the same directories as the policies. Kubernetes keeps the targets of its links in
 * directories that start with two dots.
 */
const POLICY_FILE = /(?<!\.test)\.(?:ya?ml|json)$/;
const LINKED_TO = /(?:^|\/)\.\./;

/**
 * Names of the policy files under a root. Every YAML and JSON document counts, whatever its content. A truncated or empty
 * document is a broken policy, not another kind of document.
 */
export async function listPolicyFiles(root: string): Promise<readonly string[]> {
  const names = await readdir(root, { recursive: true });
  return names.filter((name) => POLICY_FILE.test(name) && !LINKED_TO.test(name));
}
