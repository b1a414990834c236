import { listPolicyFiles } from "../../plugin/runtime/load/list-policy-files.ts";
import { loadPolicyFile } from "../../plugin/runtime/load/policy-store.ts";

/**
 * Returns the names of the header fields that the policies under a root read, in lower case and sorted. A root or a policy
 * that cannot be read adds no names. Operators often print the settings on a machine without the policies.
 */
export async function findReadHeaders(policyRoot: string): Promise<readonly string[]> {
  const files = await listPolicyFiles(policyRoot).catch(() => []);
  const loads = await Promise.all(files.map((file) => loadPolicyFile(policyRoot, file)));
  const names = loads.flatMap((load) => (load.ok ? load.value.readHeaders : []));
  return [...new Set(names)].sort();
}
