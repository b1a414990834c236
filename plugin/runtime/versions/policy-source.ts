import type { PolicyLoad } from "../../policy/read-policy.ts";

/**
 * Asks Kong for the Route of the current request, and describes in one string what the Route matches. Undefined if Kong does not
 * know the Route. Each call is a round trip.
 */
export type DescribeRoute = () => Promise<string | undefined>;

/** Gives a plugin instance its policy: always the version that is in effect. */
export interface PolicySource {
  /** Waits only until the first version has been read. */
  current(describeRoute: DescribeRoute): PolicyLoad | Promise<PolicyLoad>;
  /** The plugin instance has ended. */
  close?(): void;
}
