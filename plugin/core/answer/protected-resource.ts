import type { MetadataRequest } from "../model/decision.ts";
import type { ProtectedResource } from "../model/policy.ts";
import type { RequestFacts } from "../model/request.ts";

/**
 * Recognises a request for the API's description. The path is compared as the client sent it. This comparison is safe,
 * because the plugin treats any other spelling of this path as a request for the API.
 */
export function readMetadataRequest(
  resource: ProtectedResource | undefined,
  { requestLine }: RequestFacts,
): MetadataRequest | undefined {
  if (!resource || !requestLine || requestLine.target.split("?", 1)[0] !== resource.metadataPath) {
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
