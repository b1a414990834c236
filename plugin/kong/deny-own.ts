import { createDeny, type Deny } from "../core/decision.ts";
import { NAME } from "./plugin-identity.ts";

/** Refuses for a cause that lies with the plugin or its configuration, and not with the request. */
export function denyOwn(reason: "policy_unavailable" | "deadline_exceeded" | "internal_error", detail: string): Deny {
  return createDeny({ reason, detail }, { policy: NAME });
}
