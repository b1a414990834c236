import { listIssuers } from "../../../plugin/core/model/issuer-template.ts";
import type { CompiledPolicy, Requirements } from "../../../plugin/core/model/policy.ts";
import { rememberTexts, write } from "../search/write-value.ts";
import type { CellRequirements } from "./resolve-cell.ts";

/**
 * Strings for comparison: if two versions have the same string, they let the same requests pass. Different strings may
 * still mean the same.
 */

const writeParts = rememberTexts((requirements: Requirements) => write({ ...requirements, mode: undefined }));

/** The requirements of a version in a cell. The mode is left out, because changes of the mode are a separate class. */
export function writeRequirements({ requirements, segments, passesPreflight }: CellRequirements): string {
  if (!requirements) {
    return `denied ${passesPreflight}`;
  }
  const text = writeParts(requirements);
  // Conditions that compare with the path have a different effect for each path, so the text has the path.
  return text.includes('"equals_path"')
    ? `${text} ${passesPreflight} ${segments.join("/")}`
    : `${text} ${passesPreflight}`;
}

/** The issuers, without their keys. */
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
