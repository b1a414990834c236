import { type AttackClass, attacks, INVALID, lacksScope } from "../../forge/attack.ts";

const REFUSED = { reason: "scope_insufficient", told: lacksScope("read") } as const;
const MISTYPED = { reason: "claim_invalid", told: INVALID } as const;
const REFERENCE = "RFC 6749 3.3; RFC 8693 4.2";

/** Texts in which only a careless reader finds the scope. */
export const scope: AttackClass = {
  name: "scope",
  honest: [
    { what: "the scope among others", token: { claims: { scope: "openid read write" } } },
    { what: "a list of scopes", token: { claims: { scope: ["openid", "read"] } } },
    {
      what: "all scopes of a rule that requires two",
      token: { claims: { scope: "read admin" } },
      request: { rule: "admin" },
    },
  ],
  attacks: [
    ...attacks(REFUSED, REFERENCE, [
      ["scope-absent", "no scope", { token: { claims: { scope: undefined } } }],
      ["scope-empty", "an empty scope", { token: { claims: { scope: "" } } }],
      ["scope-part", "the beginning of it", { token: { claims: { scope: "rea" } } }],
      ["scope-longer", "a scope that begins like it", { token: { claims: { scope: "read:nothing reader" } } }],
      ["scope-ends-alike", "a scope that ends like it", { token: { claims: { scope: "no-read unread" } } }],
      ["scope-capitals", "capitals", { token: { claims: { scope: "READ" } } }],
      ["scope-tab", "tabs between scopes", { token: { claims: { scope: "openid\tread" } } }],
      ["scope-newline", "line breaks between scopes", { token: { claims: { scope: "openid\nread" } } }],
      ["scope-no-break-space", "no-break spaces between scopes", { token: { claims: { scope: "openid\u00a0read" } } }],
      ["scope-wide-space", "wide spaces between scopes", { token: { claims: { scope: "openid\u3000read" } } }],
      ["scope-nul", "a NUL behind it", { token: { claims: { scope: "read\u0000" } } }],
      ["scope-comma", "commas between scopes", { token: { claims: { scope: "openid,read" } } }],
      ["scope-star", "a star", { token: { claims: { scope: "*" } } }],
      ["scope-pattern", "a pattern", { token: { claims: { scope: ".* re.d" } } }],
      ["scope-json-text", "a list written as a string", { token: { claims: { scope: '["read"]' } } }],
      [
        "scope-space-in-list",
        "a list with one string of two scopes",
        { token: { claims: { scope: ["openid read"] } } },
      ],
      [
        "scope-other-claim",
        "scp and scopes instead of scope",
        { token: { claims: { scope: undefined, scp: "read", scopes: "read" } } },
      ],
    ]),
    ...attacks({ reason: "scope_insufficient", told: lacksScope("read admin") }, "RFC 6750 3.1", [
      ["scope-one-of-two", "one of two scopes that are both required", { token: {}, request: { rule: "admin" } }],
    ]),
    ...attacks(REFUSED, "RFC 6749 3.3; UTS 39", [
      ["scope-zero-width", "a space of no width in it", { token: { claims: { scope: "re\u200bad" } } }],
      ["scope-lookalike", "a Cyrillic letter that looks the same", { token: { claims: { scope: "re\u0430d" } } }],
    ]),
    ...attacks(MISTYPED, REFERENCE, [
      ["scope-nested-list", "a list in a list", { token: { claims: { scope: [["read"]] } } }],
      ["scope-object", "an object with it as name", { token: { claims: { scope: { read: true } } } }],
      ["scope-true", "true", { token: { claims: { scope: true } } }],
    ]),
    ...attacks(REFUSED, "RFC 7519 5.3", [
      [
        "scope-in-header",
        "the scope in the header only",
        { token: { header: { scope: "read" }, claims: { scope: undefined } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 7519 10.1.1", [
      ["scope-other-case", "Scope instead of scope", { token: { claims: { scope: undefined, Scope: "read" } } }],
    ]),
    ...attacks({ reason: "signature_invalid", told: INVALID }, "RFC 8725 3.10", [
      [
        "scope-of-stranger",
        "all scopes, signed by a stranger",
        { token: { key: "stranger", claims: { scope: "read write admin" } } },
      ],
    ]),
  ],
};
