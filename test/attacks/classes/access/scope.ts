import { type AttackClass, attacks, INVALID, lacksScope, row } from "../../forge/attack.ts";

const REFUSED = { reason: "scope_insufficient", told: lacksScope("read") } as const;
const MISTYPED = { reason: "claim_invalid", told: INVALID } as const;
const REFERENCE = "RFC 6749 3.3; RFC 8693 4.2";

/** Scope texts that only a careless reader accepts. */
export const scope: AttackClass = {
  name: "scope",
  honest: [
    { what: "the scope among others", claims: { scope: "openid read write" } },
    { what: "a list of scopes", claims: { scope: ["openid", "read"] } },
    { what: "all scopes of a rule that requires two", claims: { scope: "read admin" }, rule: "admin" },
  ],
  attacks: attacks([
    REFUSED,
    REFERENCE,
    row("scope-absent", "no scope", { claims: { scope: undefined } }),
    row("scope-empty", "an empty scope", { claims: { scope: "" } }),
    row("scope-part", "the beginning of it", { claims: { scope: "rea" } }),
    row("scope-longer", "a scope that begins like the required scope", { claims: { scope: "read:nothing reader" } }),
    row("scope-ends-alike", "a scope that ends like the required scope", { claims: { scope: "no-read unread" } }),
    row("scope-capitals", "capitals", { claims: { scope: "READ" } }),
    row("scope-tab", "tabs between scopes", { claims: { scope: "openid\tread" } }),
    row("scope-newline", "line breaks between scopes", { claims: { scope: "openid\nread" } }),
    row("scope-no-break-space", "no-break spaces between scopes", { claims: { scope: "openid\u00a0read" } }),
    row("scope-wide-space", "wide spaces between scopes", { claims: { scope: "openid\u3000read" } }),
    row("scope-nul", "a NUL behind it", { claims: { scope: "read\u0000" } }),
    row("scope-comma", "commas between scopes", { claims: { scope: "openid,read" } }),
    row("scope-star", "a star", { claims: { scope: "*" } }),
    row("scope-pattern", "a pattern", { claims: { scope: ".* re.d" } }),
    row("scope-json-text", "a list written as a string", { claims: { scope: '["read"]' } }),
    row("scope-space-in-list", "a list with one string of two scopes", { claims: { scope: ["openid read"] } }),
    row("scope-other-claim", "scp and scopes instead of scope", {
      claims: { scope: undefined, scp: "read", scopes: "read" },
    }),
    { reason: "scope_insufficient", told: lacksScope("read admin") },
    "RFC 6750 3.1",
    row("scope-one-of-two", "one of two scopes that are both required", { rule: "admin" }),
    REFUSED,
    "RFC 6749 3.3; UTS 39",
    row("scope-zero-width", "a scope with a space of no width", { claims: { scope: "re\u200bad" } }),
    row("scope-lookalike", "a Cyrillic letter that looks the same", { claims: { scope: "re\u0430d" } }),
    MISTYPED,
    REFERENCE,
    row("scope-nested-list", "a list in a list", { claims: { scope: [["read"]] } }),
    row("scope-object", "an object with the required scope as a name", { claims: { scope: { read: true } } }),
    row("scope-true", "true", { claims: { scope: true } }),
    REFUSED,
    "RFC 7519 5.3",
    row("scope-in-header", "the scope in the header only", { header: { scope: "read" }, claims: { scope: undefined } }),
    "RFC 7519 10.1.1",
    row("scope-other-case", "Scope instead of scope", { claims: { scope: undefined, Scope: "read" } }),
    { reason: "signature_invalid", told: INVALID },
    "RFC 8725 3.10",
    row("scope-of-stranger", "all scopes, signed by a stranger", {
      key: "stranger",
      claims: { scope: "read write admin" },
    }),
  ]),
};
