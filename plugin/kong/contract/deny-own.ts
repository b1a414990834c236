import { createDeny, type Deny } from "../../core/model/decision.ts";
import { NAME } from "./plugin-identity.ts";

/** Refuses a request because of the plugin or its configuration, not because of the request. */
export function denyOwn(reason: "policy_unavailable" | "deadline_exceeded" | "internal_error", detail: string): Deny {
  return createDeny({ reason, detail }, { policy: NAME });
}
