import type { CallerSource, Consumer, ConsumerLookup } from "../../plugin/core/model/caller.ts";
import type { OfflineRequest } from "./request.ts";

/**
 * Answers questions about callers in place of Kong. The answers come from a list of Consumers, and from the caller that
 * another plugin has authenticated.
 */
export function createCallers(
  consumers: readonly Consumer[],
  authenticated: OfflineRequest["authenticated"],
): CallerSource {
  return {
    findConsumer: async ({ by, value }: ConsumerLookup) => consumers.find((consumer) => consumer[by] === value),
    authenticatedCredential: async () => authenticated?.credential,
    authenticatedConsumer: async () => authenticated?.consumer,
  };
}
