import { type Denial, deny } from "../model/denial.ts";
import type { RequestFacts } from "../model/request.ts";
import { PASSED, type Result } from "../model/result.ts";
import type { Credential } from "../model/token.ts";

/** RFC 9110 section 9.2.1: requests with these methods do not ask for changes. */
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/**
 * Protects tokens in cookies against cross-site requests, because browsers also send cookies with requests that other sites make. A
 * request that changes something must come from an origin that the policy names. So must a request to upgrade the connection, because
 * browsers let any site send one and read the answers.
 */
export function checkOrigin({ source }: Credential, facts: RequestFacts): Result<undefined, Denial> {
  if (source.from !== "cookie" || (isSafe(facts) && !asksForUpgrade(facts))) {
    return PASSED;
  }
  const origin = facts.headers.get("origin");
  if (origin !== undefined && source.allowedOrigins.has(origin)) {
    return PASSED;
  }
  const what = origin === undefined ? "there is no Origin" : "Origin is not one of its allowed_origins";
  return deny({ reason: "origin_not_allowed", detail: `token in cookie ${source.name}: ${what}` });
}

function isSafe({ requestLine }: RequestFacts): boolean {
  return requestLine !== undefined && SAFE_METHODS.has(requestLine.method);
}

/** Kong checks `Upgrade` only, and a proxy in front of Kong may forward `Upgrade` without the `Connection` header. */
function asksForUpgrade({ connection, headers }: RequestFacts): boolean {
  return headers.has("upgrade") || (connection?.toLowerCase().includes("upgrade") ?? false);
}
