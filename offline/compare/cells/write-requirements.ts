import { listIssuers } from "../../../plugin/core/model/issuer-template.ts";
import type { CompiledPolicy, Requirements } from "../../../plugin/core/model/policy.ts";
import { rememberTexts, write } from "../search/write-value.ts";
import type { CellRequirements } from "./resolve-cell.ts";

/**
 * Writes requirements as strings. If two versions have the same string, they let the same requests pass. Two versions
 * with different strings may also let the same requests pass.
 */

const writeParts = rememberTexts((requirements: Requirements) => write({ ...requirements, mode: undefined }));

/**
 * The requirements of a version in a cell. The string omits the mode, because changes of the mode have a change class
 * of their own.
 */
export function writeRequirements({ requirements, segments, passesPreflight }: CellRequirements): string {
  if (!requirements) {
    return `denied ${passesPreflight}`;
  }
  const text = writeParts(requirements);
  // If a condition compares a claim with the path, its effect depends on the path. So the string contains the path.
  return text.includes('"equals_path"')
    ? `${text} ${passesPreflight} ${segments.join("/")}`
    : `${text} ${passesPreflight}`;
}

/** Writes the policy's issuers as a string, without their keys. */
export function writeIssuers(policy: CompiledPolicy): string {
  return write(
    listIssuers(policy).map((issuer) => ({
      ...issuer,
      keys: undefined,
      keyRefresh: undefined,
      otherEntries: undefined,
    })),
  );
}
