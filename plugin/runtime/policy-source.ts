import type { PolicyLoad } from "../policy/read-policy.ts";

/**
 * Asks Kong for the Route of the present request, and describes what it matches in one text. Undefined when Kong cannot say.
 * Each call is a round trip.
 */
export type DescribeRoute = () => Promise<string | undefined>;

/** Where a plugin instance gets its policy from: always the version in effect. */
export interface PolicySource {
  /** Waits only while no version has been read. */
  current(describeRoute: DescribeRoute): PolicyLoad | Promise<PolicyLoad>;
  /** The plugin instance has ended. */
  close?(): void;
}
