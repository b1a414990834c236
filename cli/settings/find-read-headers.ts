import { listPolicyFiles } from "../../plugin/runtime/load/list-policy-files.ts";
import { loadPolicyFile } from "../../plugin/runtime/load/policy-store.ts";

/**
 * Returns the names of the header fields that the policies under a root read, in lower case and sorted. If a root or a policy
 * cannot be read, it adds no names, because operators often print the settings on a machine without the policies.
 */
export async function findReadHeaders(policyRoot: string): Promise<readonly string[]> {
  const files = await listPolicyFiles(policyRoot).catch(() => []);
  const loads = await Promise.all(files.map((file) => loadPolicyFile(policyRoot, file)));
  const names = loads.flatMap((load) => (load.ok ? load.value.readHeaders : []));
  return [...new Set(names)].sort();
}
