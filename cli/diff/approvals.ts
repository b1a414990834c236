import { readFile, writeFile } from "node:fs/promises";
import { stringify } from "yaml";
import { readYaml } from "../../plugin/policy/read/read-document.ts";

/**
 * Approved changes, kept in Git beside the policies. Each approval has the fingerprint of a change and the reason for this
 * change.
 */

const FINGERPRINT = /^[0-9a-f]{16}$/;
const HEAD = "# Approved changes of policies. `kong-jwt-policy diff` prints the fingerprint of each change.\n";

export interface Approval {
  readonly fingerprint: string;
  readonly reason: string;
}

/**
 * @throws Error if the file is not a list of approvals. If the file does not exist, there are no approvals.
 */
export async function readApprovals(file: string): Promise<readonly Approval[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      return "";
    }
    throw error;
  });
  if (text.trim() === "" || text === HEAD) {
    return [];
  }
  const source = readYaml(text);
  const data: unknown = source.ok ? source.value.data : undefined;
  const list = typeof data === "object" && data !== null && "approvals" in data ? data.approvals : undefined;
  if (!Array.isArray(list)) {
    throw new Error(
      `${file} is not a list of approvals: write "approvals:", and below it an entry with "fingerprint" and "reason" for each approved change`,
    );
  }
  return list.map((entry, index) => readApproval(entry, `${file}, entry ${index + 1}`));
}

function readApproval(entry: unknown, where: string): Approval {
  const { fingerprint, reason } = (typeof entry === "object" && entry !== null ? entry : {}) as Record<string, unknown>;
  if (typeof fingerprint !== "string" || !FINGERPRINT.test(fingerprint)) {
    throw new Error(`${where}: "fingerprint" must be the 16 characters that diff prints, in quotes`);
  }
  if (typeof reason !== "string" || reason.trim() === "") {
    throw new Error(`${where}: an approval needs a "reason"`);
  }
  return { fingerprint, reason };
}

/** Adds approvals to the file. If the file already has an approval with the same fingerprint, the old reason stays. */
export async function writeApprovals(file: string, fingerprints: readonly string[], reason: string): Promise<void> {
  const known = await readApprovals(file);
  const added = fingerprints.filter((fingerprint) => !known.some((approval) => approval.fingerprint === fingerprint));
  const approvals = [...known, ...added.map((fingerprint) => ({ fingerprint, reason }))];
  await writeFile(file, `${HEAD}${stringify({ approvals }, { lineWidth: 0 })}`);
}
