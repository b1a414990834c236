import { AMBIGUOUS_PATH, type AttackClass, BAD_CONNECTION, lacksScope, NO_ACCESS } from "../../forge/attack.ts";

const TWO_READINGS = { reason: "path_ambiguous", told: AMBIGUOUS_PATH } as const;
/** On a rule without operations: the path decides nothing, but it may lead out of the Kong Route. */
const out = (target: string) => ({ request: { rule: "read", target }, ...TWO_READINGS }) as const;
const NO_RULE = { reason: "no_matching_rule", told: NO_ACCESS } as const;
const NEEDS_ADMIN = { reason: "scope_insufficient", told: lacksScope("admin") } as const;
const PATHS = "RFC 3986 6.2.2; CVE-2021-31920, CVE-2021-29492";
const at = (target: string, method = "GET") => ({ token: {}, request: { rule: "orders", method, target } }) as const;

/** Honest tokens on requests that the gateway would read in one way and the upstream in another. */
export const requestReading: AttackClass = {
  name: "request reading",
  honest: [
    { what: "an operation that the token may", ...at("/orders/1") },
    { what: "HEAD, which is like GET", ...at("/orders/1", "HEAD") },
    { what: "a query with what would be ambiguous in a path", ...at("/orders/1?next=/../secret") },
    { what: "an encoded slash where no operation decides", request: { rule: "read", target: "/read/a%2fb" } },
    { what: "connection options proper", request: { headers: ["Connection", "close, TE"] } },
  ],
  attacks: [
    {
      id: "operation-of-others",
      tries: "an operation that needs another scope",
      reference: "RFC 6750 3.1",
      ...at("/orders/1", "DELETE"),
      ...NEEDS_ADMIN,
    },
    {
      id: "operation-unknown",
      tries: "a method that no operation has",
      reference: "default deny",
      ...at("/orders/1", "PUT"),
      ...NO_RULE,
    },
    {
      id: "operation-lower-case",
      tries: "a method in small letters, which some upstreams take for the same",
      reference: "RFC 9110 9.1",
      ...at("/orders/1", "Delete"),
      ...NO_RULE,
      kong: 400,
    },
    {
      id: "path-slash-behind",
      tries: "a slash behind the path, past the rule that needs more",
      reference: PATHS,
      ...at("/orders/1/secret/"),
      ...NO_RULE,
    },
    {
      id: "path-capitals",
      tries: "the path in capitals",
      reference: "RFC 3986 6.2.2.1",
      ...at("/orders/1/SECRET"),
      ...NO_RULE,
    },
    {
      id: "method-override",
      tries: "another method in a header, which the policy does not see and here needs no more than it says",
      reference: "CWE-436",
      token: { claims: { scope: "write" } },
      request: { rule: "orders", target: "/orders/1", headers: ["X-HTTP-Method-Override", "DELETE"] },
      reason: "scope_insufficient",
      told: lacksScope("read"),
    },
    { id: "path-two-slashes", tries: "two slashes", reference: PATHS, ...at("/orders//1"), ...TWO_READINGS },
    { id: "path-dots", tries: "a step back", reference: PATHS, ...at("/orders/x/../1"), ...TWO_READINGS },
    { id: "path-dot", tries: "a step to the same place", reference: PATHS, ...at("/orders/./1"), ...TWO_READINGS },
    {
      id: "path-dots-encoded",
      tries: "a step back in percent encoding",
      reference: PATHS,
      ...at("/orders/1/secret/%2e%2e"),
      ...TWO_READINGS,
    },
    {
      id: "path-slash-encoded",
      tries: "an encoded slash: one segment to the policy, two to the upstream",
      reference: PATHS,
      ...at("/orders/1%2fsecret"),
      ...TWO_READINGS,
    },
    {
      id: "path-backslash-encoded",
      tries: "an encoded backslash",
      reference: PATHS,
      ...at("/orders/1%5csecret"),
      ...TWO_READINGS,
    },
    { id: "path-backslash", tries: "a backslash", reference: PATHS, ...at("/orders/1\\secret"), ...TWO_READINGS },
    {
      id: "path-parameter",
      tries: "a parameter behind a semicolon, which some cut off",
      reference: "CVE-2020-1957; RFC 3986 3.3",
      ...at("/orders/1/secret;x=y"),
      ...TWO_READINGS,
    },
    {
      id: "path-parameter-dots",
      tries: "a step back with a parameter",
      reference: "CVE-2020-1957",
      ...at("/orders/..;/1"),
      ...TWO_READINGS,
    },
    {
      id: "path-encoded-twice",
      tries: "an encoded percent sign",
      reference: "CWE-174",
      ...at("/orders/1%252fsecret"),
      ...TWO_READINGS,
    },
    {
      id: "path-not-utf-8",
      tries: "bytes that are not UTF-8",
      reference: "RFC 3986 2.5",
      ...at("/orders/%c0%af"),
      ...TWO_READINGS,
      kong: 404,
    },
    ...(
      [
        ["slash-encoded", "a step back with an encoded slash", "/read/..%2fadmin", "CVE-2021-29492"],
        ["backslash", "a step back with a backslash", "/read/..\\admin", "CWE-22"],
        ["parameter", "a step back with a parameter", "/read/..;x/admin", "CVE-2020-1957"],
        ["encoded-twice", "a step back that is encoded twice", "/read/%252e%252e/admin", "CWE-174"],
        ["overlong", "a step back in overlong UTF-8", "/read/%c0%ae%c0%ae/admin", "RFC 3629 10; CVE-2000-0884"],
        ["look-alike", "full-width dots", "/read/%ef%bc%8e%ef%bc%8e/admin", "CWE-176"],
        ["bared", "dots that Kong lays bare when it takes the Route's path away", "/read..%2fadmin", "CWE-22"],
      ] as const
    ).map(([id, tries, target, reference]) => ({
      id: `path-leaves-route-${id}`,
      tries: `${tries}, on a rule without operations`,
      reference: `RFC 3986 5.2.4; ${reference}`,
      ...out(target),
      ...(id === "overlong" ? { kong: 404 } : {}),
    })),
    {
      id: "path-leaves-route-fragment",
      tries: "a fragment in the request line",
      reference: "RFC 9112 3.2",
      ...out("/read/#x"),
    },
    {
      id: "connection-drops-identity",
      tries: "Connection names the identity header, which Kong would delete after it was set",
      reference: "RFC 9110 7.6.1; CWE-444",
      request: { headers: ["Connection", "close, x-user-id"] },
      reason: "connection_header_refused",
      told: BAD_CONNECTION,
    },
    {
      id: "connection-drops-token",
      tries: "Connection names Authorization",
      reference: "RFC 9110 7.6.1",
      request: { headers: ["Connection", "close, Authorization"] },
      reason: "connection_header_refused",
      told: BAD_CONNECTION,
    },
  ],
};
