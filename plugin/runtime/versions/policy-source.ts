import type { PolicyLoad } from "../../policy/read-policy.ts";

/**
 * Asks Kong for the Route of the current request, and describes as one text what this Route matches. The result is
 * undefined if Kong has no Route for the request. Each call is a round trip to Kong.
 */
export type DescribeRoute = () => Promise<string | undefined>;

/** Gives a plugin instance its policy: always the version in effect. */
export interface PolicySource {
  /** Returns the policy. The call waits only until the process has read the first version. */
  current(describeRoute: DescribeRoute): PolicyLoad | Promise<PolicyLoad>;
  /** Called when the plugin instance has ended. */
  close?(): void;
}
