import { createDeny, type Deny } from "../../core/model/decision.ts";
import { NAME } from "./plugin-identity.ts";

/** Refuses a request because of a fault in the plugin or its configuration. The fault is not in the request itself. */
export function denyOwn(reason: "policy_unavailable" | "deadline_exceeded" | "internal_error", detail: string): Deny {
  return createDeny({ reason, detail }, { policy: NAME });
}
