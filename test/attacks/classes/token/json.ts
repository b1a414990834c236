import { type AttackClass, attacks, INVALID, lacksScope, raw, row } from "../../forge/attack.ts";

const REFUSED = { reason: "token_malformed", told: INVALID } as const;

/**
 * Texts that two readers of JSON read differently. Also texts that cost more to read than to write. The issuer signed
 * them all.
 */
export const json: AttackClass = {
  name: "JSON",
  honest: [
    { what: "white space of JSON", payloadText: " \t\r\n{claims}\n" },
    { what: "escapes in a name", claims: { sub: undefined, scope: raw('"read","\\u0073ub":"alice"') } },
    {
      what: "a member __proto__, which is one like any other",
      claims: { scope: raw('"read","__proto__":{"sub":"mallory"}') },
    },
  ],
  attacks: attacks([
    REFUSED,
    "RFC 7515 4 and 10.12",
    row("duplicate-alg", "alg twice", { header: { alg: raw('"none","alg":"ES256"') } }),
    row("duplicate-alg-escaped", "alg twice, once with an escape", {
      header: { alg: raw('"ES256","\\u0061lg":"none"') },
    }),
    "RFC 7519 4",
    row("duplicate-sub", "sub twice: the gateway would read one, the upstream the other", {
      claims: { sub: raw('"mallory","sub":"alice"') },
    }),
    row("duplicate-scope-escaped", "scope twice, once with an escape", {
      claims: { scope: raw('"","s\\u0063ope":"read"') },
    }),
    "RFC 7519 4; RFC 8725 3.8",
    row("duplicate-iss", "iss twice: the plugin would choose keys by one, and believe the other", {
      claims: { iss: raw('"https://partner.example.com","iss":"https://idp.example.com"') },
    }),
    "RFC 8259 4",
    row("duplicate-nested", "a member twice further in", {
      claims: { realm_access: raw('{"roles":["user"],"roles":["admin"]}') },
    }),
    row("comma-trailing", "a comma behind the last member", { claims: { extra: raw("1,") } }),
    row("name-unquoted", "a name without quotes", { claims: { extra: raw("1,sub:1") } }),
    "CVE-2024-34273",
    row("duplicate-prototype", "__proto__ twice", { claims: { extra: raw('1,"__proto__":1,"__proto__":2') } }),
    row("prototype-alg", "an alg by way of __proto__ in the header", {
      header: { alg: undefined, extra: raw('1,"__proto__":{"alg":"ES256"}') },
    }),
    { reason: "scope_insufficient", told: lacksScope("read") },
    row("prototype-scope", "a scope by way of __proto__", {
      claims: { scope: undefined, extra: raw('1,"__proto__":{"scope":"read"}') },
    }),
    row("prototype-of-constructor", "a scope by way of constructor and prototype", {
      claims: { scope: undefined, constructor: { prototype: { scope: "read" } } },
    }),
    REFUSED,
    "RFC 8259 9; CVE-2025-61920",
    row("depth-bomb", "2,000 lists in each other", { claims: { extra: raw("[".repeat(2_000) + "]".repeat(2_000)) } }),
    "RFC 8259 9",
    row("depth-bomb-open", "4,000 lists that do not end", { payloadText: "[".repeat(4_000) }),
    row("depth-of-objects", "600 objects in each other", {
      claims: { extra: raw(`${'{"a":'.repeat(600)}1${"}".repeat(600)}`) },
    }),
    row("members-bomb", "2,000 elements", { claims: { extra: raw(`[${"0,".repeat(1_999)}0]`) } }),
    "RFC 8259 6; CVE-2020-10735",
    row("number-of-digits", "a number of 4,000 digits", { claims: { extra: raw("9".repeat(4_000)) } }),
    "RFC 8259 6",
    row("not-a-number", "NaN", { claims: { exp: raw("NaN") } }),
    row("infinity", "Infinity as expiry", { claims: { exp: raw("Infinity") } }),
    row("number-beyond-range", "1e400, which becomes Infinity: the token would never expire", {
      claims: { exp: raw("1e400") },
    }),
    row("number-hexadecimal", "a hexadecimal number", { claims: { extra: raw("0x10") } }),
    row("number-octal", "a leading zero", { claims: { extra: raw("017") } }),
    "RFC 8259 2",
    row("comment", "a comment with a member in it", { claims: { extra: raw('1/*,"sub":"mallory"*/') } }),
    row("space-not-of-json", "a no-break space around the claims", { payloadText: "\u00a0{claims}" }),
    row("nul-behind", "a NUL behind the claims", { payloadText: "{claims}\u0000" }),
    "RFC 8259 7",
    row("quotes-single", "single quotes", { claims: { extra: raw("'x'") } }),
    row("line-break-in-text", "a line break in a string", { claims: { extra: raw('"a\nb"') } }),
    "RFC 8259 8.2",
    row("surrogate-alone", "half of a character, which some programs replace and others drop", {
      claims: { sub: raw('"alice\\ud800"') },
    }),
    "RFC 8259 8.1",
    row("byte-order-mark", "a byte order mark", { payloadText: "\ufeff{claims}" }),
    "RFC 8725 2.6 and 3.7",
    row("utf-16", "UTF-16", { charset: "utf16le" }),
    row("latin-1", "bytes that are not UTF-8", { claims: { name: "André" }, charset: "latin1" }),
    "RFC 3629 10",
    row("utf-8-overlong", "a quote in two bytes, against a check for its usual byte", {
      claims: { name: "\u00c0\u00a2" },
      charset: "latin1",
    }),
    "RFC 7519 7.2",
    row("claims-twice", "two objects in a row", { payloadText: "{claims}{claims}" }),
    row("claims-in-list", "the claims in a list", { payloadText: "[{claims}]" }),
    row("claims-text", "a string as payload", { payloadText: '"alice"' }),
    row("claims-null", "null as payload", { payloadText: "null" }),
    "RFC 7515 5.2",
    row("header-in-list", "the header in a list", { headerText: "[{header}]" }),
    row("header-null", "null as header", { headerText: "null" }),
  ]),
};
