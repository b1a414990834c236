import { resolve } from "node:path";
import { type FileLoad, readPolicyFile } from "../../plugin/runtime/load/policy-store.ts";
import { reportText } from "../findings/report-findings.ts";
import { showFailure } from "./show-failure.ts";

/**
 * Reads a policy for a command that cannot work without it. If the policy has mistakes, the function prints them to
 * standard error and sets exit code 1.
 */
export async function readOrReport(file: string): Promise<Extract<FileLoad, { readonly ok: true }> | undefined> {
  const load = await readPolicyFile(resolve(file), file);
  if (load.ok) {
    return load;
  }
  const checked = { file, findings: await showFailure(load, resolve(file), file), policy: undefined };
  process.stderr.write(reportText([checked], process.stderr.isTTY));
  process.exitCode = 1;
  return undefined;
}
