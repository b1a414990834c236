import {
  AMBIGUOUS_PATH,
  type AttackClass,
  attacks,
  BAD_CONNECTION,
  lacksScope,
  NO_ACCESS,
} from "../../forge/attack.ts";

const TWO_READINGS = { reason: "path_ambiguous", told: AMBIGUOUS_PATH } as const;
/** On a rule without operations: the path decides nothing, but it may lead out of the Kong Route. */
const out = (target: string) => ({ request: { rule: "read", target }, ...TWO_READINGS }) as const;
const NO_RULE = { reason: "no_matching_rule", told: NO_ACCESS } as const;
const NEEDS_ADMIN = { reason: "scope_insufficient", told: lacksScope("admin") } as const;
const PATHS = "RFC 3986 6.2.2; CVE-2021-31920, CVE-2021-29492";
const at = (target: string, method = "GET") => ({ token: {}, request: { rule: "orders", method, target } }) as const;

const layer = (path: string) => ({ token: {}, request: { rule: "layers", target: `/layers/${path}` } }) as const;

/** Honest tokens on requests that the gateway would read in one way and the upstream in another. */
export const requestReading: AttackClass = {
  name: "request reading",
  honest: [
    { what: "an operation that the token may", ...at("/orders/1") },
    { what: "HEAD, which is like GET", ...at("/orders/1", "HEAD") },
    { what: "a query with what would be ambiguous in a path", ...at("/orders/1?next=/../secret") },
    { what: "an encoded slash where no operation decides", request: { rule: "read", target: "/read/a%2fb" } },
    { what: "a less specific operation", ...layer("7") },
    { what: "a subtree", ...layer("7/a/b") },
    { what: "the part of a segment that is the user", ...layer("own/alice.json") },
    { what: "connection options proper", request: { headers: ["Connection", "close, TE"] } },
  ],
  attacks: [
    ...attacks(NEEDS_ADMIN, "RFC 6750 3.1", [
      ["operation-of-others", "an operation that needs another scope", at("/orders/1", "DELETE")],
    ]),
    ...attacks(NO_RULE, "default deny", [
      ["operation-unknown", "a method that no operation has", at("/orders/1", "PUT")],
    ]),
    ...attacks({ ...NO_RULE, kong: 400 }, "RFC 9110 9.1", [
      [
        "operation-lower-case",
        "a method in small letters, which some upstreams take for the same",
        at("/orders/1", "Delete"),
      ],
    ]),
    ...attacks(NO_RULE, PATHS, [
      ["path-slash-behind", "a slash behind the path, past the rule that needs more", at("/orders/1/secret/")],
    ]),
    ...attacks(NO_RULE, "RFC 3986 6.2.2.1", [["path-capitals", "the path in capitals", at("/orders/1/SECRET")]]),
    ...attacks({ reason: "scope_insufficient", told: lacksScope("read") }, "CWE-436", [
      [
        "method-override",
        "another method in a header, which the policy does not see and here needs no more than it says",
        {
          token: { claims: { scope: "write" } },
          request: { rule: "orders", target: "/orders/1", headers: ["X-HTTP-Method-Override", "DELETE"] },
        },
      ],
    ]),
    ...attacks(TWO_READINGS, PATHS, [
      ["path-two-slashes", "two slashes", at("/orders//1")],
      ["path-dots", "a step back", at("/orders/x/../1")],
      ["path-dot", "a step to the same place", at("/orders/./1")],
      ["path-dots-encoded", "a step back in percent encoding", at("/orders/1/secret/%2e%2e")],
      [
        "path-slash-encoded",
        "an encoded slash: one segment to the policy, two to the upstream",
        at("/orders/1%2fsecret"),
      ],
      ["path-backslash-encoded", "an encoded backslash", at("/orders/1%5csecret")],
      ["path-backslash", "a backslash", at("/orders/1\\secret")],
    ]),
    ...attacks(TWO_READINGS, "CVE-2020-1957; RFC 3986 3.3", [
      ["path-parameter", "a parameter behind a semicolon, which some cut off", at("/orders/1/secret;x=y")],
    ]),
    ...attacks(TWO_READINGS, "CVE-2020-1957", [
      ["path-parameter-dots", "a step back with a parameter", at("/orders/..;/1")],
    ]),
    ...attacks(TWO_READINGS, "CWE-174", [
      ["path-encoded-twice", "an encoded percent sign", at("/orders/1%252fsecret")],
    ]),
    ...attacks({ ...TWO_READINGS, kong: 404 }, "RFC 3986 2.5", [
      ["path-not-utf-8", "bytes that are not UTF-8", at("/orders/%c0%af")],
    ]),
    ...attacks(NEEDS_ADMIN, "RFC 6750 3.1; CWE-436", [
      ["layer-literal", "a path that a less specific operation matches too", layer("payroll")],
      ["layer-text-beside-name", "a segment with text that needs more", layer("7:cancel")],
      ["layer-subtree", "a path in the stricter of two subtrees", layer("vault/a/b")],
    ]),
    ...attacks(NO_RULE, "RFC 3986 6.2.2; CWE-436", [
      ["layer-subtree-start", "the start of the stricter subtree, which the other one would match", layer("vault")],
      ["layer-subtree-start-slash", "the same with a slash", layer("vault/")],
    ]),
    ...attacks({ reason: "condition_unmet", told: NO_ACCESS }, "OWASP API1:2023", [
      ["layer-other-user", "another user's file, whose name has text beside the user", layer("own/bob.json")],
    ]),
    ...attacks(TWO_READINGS, "RFC 3986 6.2.2; CWE-178, CWE-436", [
      ["layer-capitals", "the stricter path in capitals", layer("PAYROLL")],
      ["layer-slash-behind", "the stricter path with a slash at its end", layer("payroll/")],
      ["layer-escape", "the stricter path with an escaped letter", layer("%70ayroll")],
      ["layer-escape-capital", "the stricter path with an escaped capital", layer("%50ayroll")],
      ["layer-dot-behind", "the stricter path with a dot at its end", layer("payroll.")],
      ["layer-space-behind", "the stricter path with a space at its end", layer("payroll%20")],
      ["layer-format", "the stricter path with a format, as Rails and Spring read it", layer("payroll.json")],
      ["layer-full-width", "the stricter path in full-width letters", layer("%ef%bd%90ayroll")],
      ["layer-invisible", "the stricter path with an invisible character", layer("pay%e2%80%8broll")],
      ["layer-escaped-colon", "an escaped colon, which only some routers decode", layer("7%3acancel")],
      ["layer-text-capitals", "the text beside a name in capitals", layer("7:CANCEL")],
      ["layer-subtree-capitals", "the stricter subtree in capitals", layer("Vault/a")],
      ["layer-subtree-start-capitals", "the start of the stricter subtree in capitals", layer("VAULT")],
    ]),
    ...attacks(TWO_READINGS, "RFC 3986 3.3; CVE-2020-1957", [
      ["layer-parameter", "the stricter path with a parameter", layer("payroll;x=y")],
    ]),
    ...attacks(TWO_READINGS, "CWE-174", [
      ["layer-encoded-twice", "the stricter path with a letter that is escaped twice", layer("%2570ayroll")],
    ]),
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
    ...attacks(TWO_READINGS, "RFC 9112 3.2", [
      ["path-leaves-route-fragment", "a fragment in the request line", out("/read/#x")],
    ]),
    ...attacks({ reason: "connection_header_refused", told: BAD_CONNECTION }, "RFC 9110 7.6.1; CWE-444", [
      [
        "connection-drops-identity",
        "Connection names the identity header, which Kong would delete after it was set",
        { request: { headers: ["Connection", "close, x-user-id"] } },
      ],
    ]),
    ...attacks({ reason: "connection_header_refused", told: BAD_CONNECTION }, "RFC 9110 7.6.1", [
      [
        "connection-drops-token",
        "Connection names Authorization",
        { request: { headers: ["Connection", "close, Authorization"] } },
      ],
    ]),
  ],
};
