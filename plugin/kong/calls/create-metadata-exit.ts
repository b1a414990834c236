import type { MetadataRequest } from "../../core/model/decision.ts";
import type { ExitResponse } from "../contract/pdk.ts";

/** The process caches the rendered metadata of each policy, because the metadata change only with the policy. */
const CACHE_SECONDS = 3_600;

/** Answers with the API's metadata (RFC 9728 section 3.2). Web pages of any origin may read the metadata. */
export function createMetadataExit({ asks, resource }: MetadataRequest): ExitResponse {
  const anyOrigin = { "Access-Control-Allow-Origin": "*" };
  return asks === "text"
    ? {
        status: 200,
        body: resource.metadata,
        headers: { "Content-Type": "application/json", "Cache-Control": `max-age=${CACHE_SECONDS}`, ...anyOrigin },
      }
    : {
        status: 204,
        body: "",
        headers: {
          "Access-Control-Allow-Methods": "GET, HEAD",
          "Access-Control-Allow-Headers": "*",
          "Access-Control-Max-Age": `${CACHE_SECONDS}`,
          ...anyOrigin,
        },
      };
}
