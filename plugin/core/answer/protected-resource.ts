import type { MetadataRequest } from "../model/decision.ts";
import type { ProtectedResource } from "../model/policy.ts";
import type { RequestFacts } from "../model/request.ts";
import { pathOf } from "../text/query.ts";

/**
 * Recognises a request for the API's description. The path is compared as the client sent it. The comparison is safe,
 * because the plugin treats any other spelling of the description's path as a request for the API.
 */
export function readMetadataRequest(
  resource: ProtectedResource | undefined,
  { requestLine }: RequestFacts,
): MetadataRequest | undefined {
  if (!resource || !requestLine || pathOf(requestLine.target) !== resource.metadataPath) {
    return undefined;
  }
  switch (requestLine.method) {
    case "GET":
    case "HEAD":
      return { asks: "text", resource };
    case "OPTIONS":
      return { asks: "preflight", resource };
    default:
      return undefined;
  }
}
