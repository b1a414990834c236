import { readdir } from "node:fs/promises";

/** Tests of policies lie beside them; Kubernetes keeps what it links to in directories that start with two dots. */
const POLICY_FILE = /(?<!\.test)\.(?:ya?ml|json)$/;
const LINKED_TO = /(?:^|\/)\.\./;

/**
 * Names of the policy files under a root. Every YAML and JSON document counts, whatever is in it: one that was cut off or emptied is a broken
 * policy, and no other document.
 */
export async function listPolicyFiles(root: string): Promise<readonly string[]> {
  const names = await readdir(root, { recursive: true });
  return names.filter((name) => POLICY_FILE.test(name) && !LINKED_TO.test(name));
}
