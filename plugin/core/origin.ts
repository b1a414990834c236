import type { Denial } from "./denial.ts";
import type { RequestFacts } from "./request.ts";
import type { Credential } from "./token-source.ts";

/** RFC 9110 section 9.2.1: they ask for nothing to be changed. */
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/**
 * Browsers send cookies along with requests that other sites make. A token from a cookie counts for a request that changes something
 * only when it comes from an origin that the policy names; so it does for an upgrade of the connection, which browsers let any site
 * ask for and read.
 *
 * @returns undefined when the request may go on.
 */
export function checkOrigin({ source }: Credential, facts: RequestFacts): Denial | undefined {
  if (source.from !== "cookie" || (isSafe(facts) && !asksForUpgrade(facts))) {
    return undefined;
  }
  const origin = facts.headers.get("origin");
  if (origin !== undefined && source.allowedOrigins.has(origin)) {
    return undefined;
  }
  const what = origin === undefined ? "there is no Origin" : "Origin is not one of its allowed_origins";
  return { reason: "origin_not_allowed", detail: `token in cookie ${source.name}: ${what}` };
}

function isSafe({ requestLine }: RequestFacts): boolean {
  return requestLine !== undefined && SAFE_METHODS.has(requestLine.method);
}

/** Kong goes by `Upgrade` alone, which a proxy in front may pass on without the `Connection` that belongs to it. */
function asksForUpgrade({ connection, headers }: RequestFacts): boolean {
  return headers.has("upgrade") || (connection?.toLowerCase().includes("upgrade") ?? false);
}
