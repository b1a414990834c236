import { readdir } from "node:fs/promises";
import type { RootFiles } from "./root-files.ts";

/** Tests of policies lie beside them; Kubernetes keeps what it links to in directories that start with two dots. */
const POLICY_FILE = /(?<!\.test)\.(?:ya?ml|json)$/;
const LINKED_TO = /(?:^|\/)\.\./;
/** Every policy says this of itself; key sets and other documents do not. */
const MARK = "jwt_policy";

/** Names of the policy files under a root, those included that can not be read. */
export async function listPolicyFiles(root: string, files: RootFiles): Promise<readonly string[]> {
  const names = (await readdir(root, { recursive: true })).filter(
    (name) => POLICY_FILE.test(name) && !LINKED_TO.test(name),
  );
  const areMarked = await Promise.all(
    names.map((name) =>
      files.read(name).then(
        (content) => content.includes(MARK),
        () => true,
      ),
    ),
  );
  return names.filter((_name, index) => areMarked[index]);
}
