import { createHash } from "node:crypto";
import type { Change } from "./change.ts";

const LENGTH = 16;

/**
 * A short name of a change, for approvals in Git. If the same requirements change in the same way, the fingerprint is
 * the same. Any other change has another fingerprint, and needs a new approval.
 *
 * @param policy the policy's file name.
 */
export function fingerprintOf(change: Change, policy: string): string {
  // A change of another Route can change which requests a Route gets. So the fingerprint of a routing change contains no
  // cells, but only the content of the change.
  const own = change.class === "routing" ? [] : change.cells;
  const cells = own.map(({ rule, method, template }) => `${rule} ${method} ${template}`).sort();
  const text = JSON.stringify([policy, change.class, change.direction, change.subject, cells, change.content]);
  return createHash("sha256").update(text).digest("hex").slice(0, LENGTH);
}
