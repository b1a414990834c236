import type { PolicyLoad } from "../../policy/read-policy.ts";

/**
 * Asks Kong for the Route of the current request. Returns a text that describes what this Route matches. The result is
 * undefined if Kong has no Route for the request. Each call is a round trip to Kong.
 */
export type DescribeRoute = () => Promise<string | undefined>;

/** Gives a plugin instance its policy: always the version in effect. */
export interface PolicySource {
  /**
   * Returns the policy. If the process has not read any version yet, the call waits for the first version. It waits for
   * nothing else.
   */
  current(describeRoute: DescribeRoute): PolicyLoad | Promise<PolicyLoad>;
  /** Called when the plugin instance has ended. */
  close?(): void;
}
