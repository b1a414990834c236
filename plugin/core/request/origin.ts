import { andNearMiss } from "../detail/near-miss.ts";
import { listValues, quoteValue } from "../detail/quote-value.ts";
import { type Denial, deny } from "../model/denial.ts";
import type { RequestFacts } from "../model/request.ts";
import { PASSED, type Result } from "../model/result.ts";
import type { Credential } from "../model/token.ts";

/** RFC 9110 section 9.2.1: requests with the methods GET, HEAD, OPTIONS and TRACE do not ask for changes. */
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

const ORIGIN = /^(?:null|[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/?#@]{1,255}\/?)$/i;

/**
 * Protects tokens in cookies against cross-site requests, because browsers also send cookies with requests that other
 * sites make. A request that changes something must come from an origin that the policy names. A request to upgrade the
 * connection also needs an allowed origin, because browsers let any site send such a request and read the answers.
 */
export function checkOrigin({ source }: Credential, facts: RequestFacts): Result<undefined, Denial> {
  if (source.from !== "cookie" || (isSafe(facts) && !asksForUpgrade(facts))) {
    return PASSED;
  }
  const origin = facts.headers.get("origin");
  if (origin !== undefined && source.allowedOrigins.has(origin)) {
    return PASSED;
  }
  const allowed = `allowed_origins: ${listValues(source.allowedOrigins)}`;
  const what =
    origin === undefined
      ? `there is no Origin; ${allowed}`
      : `Origin is ${ORIGIN.test(origin) ? quoteValue(origin) : "not an origin"}, and not one of its ${allowed}${andNearMiss(origin, source.allowedOrigins)}`;
  return deny({ reason: "origin_not_allowed", detail: `token in cookie ${source.name}: ${what}` });
}

function isSafe({ requestLine }: RequestFacts): boolean {
  return requestLine !== undefined && SAFE_METHODS.has(requestLine.method);
}

/**
 * Kong checks only `Upgrade`, and a proxy in front of Kong may forward `Upgrade` without `Connection`. So `Upgrade`
 * alone, or `Connection: upgrade` alone, counts as a request for an upgrade.
 */
function asksForUpgrade({ connection, headers }: RequestFacts): boolean {
  return headers.has("upgrade") || (connection?.toLowerCase().includes("upgrade") ?? false);
}
