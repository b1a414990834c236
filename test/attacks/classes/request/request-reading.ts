import {
  AMBIGUOUS_PATH,
  type AttackClass,
  attacks,
  BAD_CONNECTION,
  lacksScope,
  NO_ACCESS,
  row,
} from "../../forge/attack.ts";

const TWO_READINGS = { reason: "path_ambiguous", told: AMBIGUOUS_PATH } as const;
/** The rule has no operations. So the path decides nothing, but it may lead out of the Kong Route. */
const out = (target: string) => ({ rule: "read", target }) as const;
const NO_RULE = { reason: "no_matching_rule", told: NO_ACCESS } as const;
const NEEDS_ADMIN = { reason: "scope_insufficient", told: lacksScope("admin") } as const;
const PATHS = "RFC 3986 6.2.2; CVE-2021-31920, CVE-2021-29492";
const at = (target: string, method = "GET") => ({ rule: "orders", method, target }) as const;

const layer = (path: string) => ({ rule: "layers", target: `/layers/${path}` }) as const;

/** Honest tokens on requests that the gateway would read in one way and the upstream in another. */
export const requestReading: AttackClass = {
  name: "request reading",
  honest: [
    { what: "an operation that the token may", ...at("/orders/1") },
    { what: "HEAD, which is like GET", ...at("/orders/1", "HEAD") },
    { what: "a query with a text that would be ambiguous in a path", ...at("/orders/1?next=/../secret") },
    { what: "an encoded slash where no operation decides", rule: "read", target: "/read/a%2fb" },
    { what: "a less specific operation", ...layer("7") },
    { what: "a subtree", ...layer("7/a/b") },
    { what: "the part of a segment that is the user", ...layer("own/alice.json") },
    { what: "connection options proper", headers: ["Connection", "close, TE"] },
  ],
  attacks: attacks([
    NEEDS_ADMIN,
    "RFC 6750 3.1",
    row("operation-of-others", "an operation that needs another scope", at("/orders/1", "DELETE")),
    NO_RULE,
    "default deny",
    row("operation-unknown", "a method that no operation has", at("/orders/1", "PUT")),
    { ...NO_RULE, kong: 400 },
    "RFC 9110 9.1",
    row("operation-lower-case", "a method in small letters, which some upstreams read like the method in capitals", {
      ...at("/orders/1", "Delete"),
    }),
    NO_RULE,
    PATHS,
    row("path-slash-behind", "a slash after the path, against a stricter rule for the path", at("/orders/1/secret/")),
    "RFC 3986 6.2.2.1",
    row("path-capitals", "the path in capitals", at("/orders/1/SECRET")),
    { reason: "scope_insufficient", told: lacksScope("read") },
    "CWE-436",
    row("method-override", "another method in a header, which the policy does not read", {
      claims: { scope: "write" },
      rule: "orders",
      target: "/orders/1",
      headers: ["X-HTTP-Method-Override", "DELETE"],
    }),
    TWO_READINGS,
    PATHS,
    row("path-two-slashes", "two slashes", at("/orders//1")),
    row("path-dots", "a step back", at("/orders/x/../1")),
    row("path-dot", "a step to the same place", at("/orders/./1")),
    row("path-dots-encoded", "a step back in percent encoding", at("/orders/1/secret/%2e%2e")),
    row("path-slash-encoded", "an encoded slash: one segment to the policy, two to the upstream", {
      ...at("/orders/1%2fsecret"),
    }),
    row("path-backslash-encoded", "an encoded backslash", at("/orders/1%5csecret")),
    row("path-backslash", "a backslash", at("/orders/1\\secret")),
    "CVE-2020-1957; RFC 3986 3.3",
    row("path-parameter", "a parameter after a semicolon, which some servers cut off", at("/orders/1/secret;x=y")),
    "CVE-2020-1957",
    row("path-parameter-dots", "a step back with a parameter", at("/orders/..;/1")),
    "CWE-174",
    row("path-encoded-twice", "an encoded percent sign", at("/orders/1%252fsecret")),
    { ...TWO_READINGS, kong: 404 },
    "RFC 3986 2.5",
    row("path-not-utf-8", "bytes that are not UTF-8", at("/orders/%c0%af")),
    NEEDS_ADMIN,
    "RFC 6750 3.1; CWE-436",
    row("layer-literal", "a path that a less specific operation matches too", layer("payroll")),
    row("layer-text-beside-name", "a segment with text that needs more", layer("7:cancel")),
    row("layer-subtree", "a path in the stricter of two subtrees", layer("vault/a/b")),
    NO_RULE,
    "RFC 3986 6.2.2; CWE-436",
    row(
      "layer-subtree-start",
      "the start of the stricter subtree, which the other subtree would match",
      layer("vault"),
    ),
    row("layer-subtree-start-slash", "the same with a slash", layer("vault/")),
    { reason: "condition_unmet", told: NO_ACCESS },
    "OWASP API1:2023",
    row("layer-other-user", "another user's file, with text beside the user's name", layer("own/bob.json")),
    TWO_READINGS,
    "RFC 3986 6.2.2; CWE-178, CWE-436",
    row("layer-capitals", "the stricter path in capitals", layer("PAYROLL")),
    row("layer-slash-behind", "the stricter path with a slash at its end", layer("payroll/")),
    row("layer-escape", "the stricter path with an escaped letter", layer("%70ayroll")),
    row("layer-escape-capital", "the stricter path with an escaped capital", layer("%50ayroll")),
    row("layer-dot-behind", "the stricter path with a dot at its end", layer("payroll.")),
    row("layer-space-behind", "the stricter path with a space at its end", layer("payroll%20")),
    row("layer-format", "the stricter path with a format, as Rails and Spring read it", layer("payroll.json")),
    row("layer-full-width", "the stricter path in full-width letters", layer("%ef%bd%90ayroll")),
    row("layer-invisible", "the stricter path with an invisible character", layer("pay%e2%80%8broll")),
    row("layer-escaped-colon", "an escaped colon, which only some routers decode", layer("7%3acancel")),
    row("layer-text-capitals", "the text beside a name in capitals", layer("7:CANCEL")),
    row("layer-subtree-capitals", "the stricter subtree in capitals", layer("Vault/a")),
    row("layer-subtree-start-capitals", "the start of the stricter subtree in capitals", layer("VAULT")),
    "RFC 3986 3.3; CVE-2020-1957",
    row("layer-parameter", "the stricter path with a parameter", layer("payroll;x=y")),
    "CWE-174",
    row("layer-encoded-twice", "the stricter path with a letter that is escaped twice", layer("%2570ayroll")),
    ...(
      [
        ["slash-encoded", "a step back with an encoded slash", "/read/..%2fadmin", "CVE-2021-29492"],
        ["backslash", "a step back with a backslash", "/read/..\\admin", "CWE-22"],
        ["parameter", "a step back with a parameter", "/read/..;x/admin", "CVE-2020-1957"],
        ["encoded-twice", "a step back that is encoded twice", "/read/%252e%252e/admin", "CWE-174"],
        ["overlong", "a step back in overlong UTF-8", "/read/%c0%ae%c0%ae/admin", "RFC 3629 10; CVE-2000-0884"],
        ["look-alike", "full-width dots", "/read/%ef%bc%8e%ef%bc%8e/admin", "CWE-176"],
        ["bared", "dots that become a dot segment when Kong removes the Route's path", "/read..%2fadmin", "CWE-22"],
      ] as const
    ).flatMap(([id, tries, target, reference]) => [
      id === "overlong" ? { ...TWO_READINGS, kong: 404 } : TWO_READINGS,
      `RFC 3986 5.2.4; ${reference}`,
      row(`path-leaves-route-${id}`, `${tries}, on a rule without operations`, out(target)),
    ]),
    TWO_READINGS,
    "RFC 9112 3.2",
    row("path-leaves-route-fragment", "a fragment in the request line", out("/read/#x")),
    { reason: "connection_header_refused", told: BAD_CONNECTION },
    "RFC 9110 7.6.1; CWE-444",
    row("connection-drops-identity", "Connection names the identity header, so that Kong would delete it", {
      headers: ["Connection", "close, x-user-id"],
    }),
    "RFC 9110 7.6.1",
    row("connection-drops-token", "Connection names Authorization", {
      headers: ["Connection", "close, Authorization"],
    }),
  ]),
};
