import type { PolicyLoad } from "../policy/read-policy.ts";

/** Where a plugin instance gets its policy from: always the version in force. */
export interface PolicySource {
  /** Waits for the first reading only. */
  current(): PolicyLoad | Promise<PolicyLoad>;
}
