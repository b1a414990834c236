import { type AttackClass, attacks, INVALID, lacksScope, raw } from "../../forge/attack.ts";

const REFUSED = { reason: "token_malformed", told: INVALID } as const;

/** Texts that two readers of JSON read differently, or that cost more to read than to write. The issuer signed them all. */
export const json: AttackClass = {
  name: "JSON",
  honest: [
    { what: "white space of JSON", token: { payloadText: " \t\r\n{claims}\n" } },
    { what: "escapes in a name", token: { claims: { sub: undefined, scope: raw('"read","\\u0073ub":"alice"') } } },
    {
      what: "a member __proto__, which is one like any other",
      token: { claims: { scope: raw('"read","__proto__":{"sub":"mallory"}') } },
    },
  ],
  attacks: [
    ...attacks(REFUSED, "RFC 7515 4 and 10.12", [
      ["duplicate-alg", "alg twice", { token: { header: { alg: raw('"none","alg":"ES256"') } } }],
      [
        "duplicate-alg-escaped",
        "alg twice, once with an escape",
        { token: { header: { alg: raw('"ES256","\\u0061lg":"none"') } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 7519 4", [
      [
        "duplicate-sub",
        "sub twice: the gateway would read one, the upstream the other",
        { token: { claims: { sub: raw('"mallory","sub":"alice"') } } },
      ],
      [
        "duplicate-scope-escaped",
        "scope twice, once with an escape",
        { token: { claims: { scope: raw('"","s\\u0063ope":"read"') } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 7519 4; RFC 8725 3.8", [
      [
        "duplicate-iss",
        "iss twice, to choose the keys by one and be believed the other",
        { token: { claims: { iss: raw('"https://partner.example.com","iss":"https://idp.example.com"') } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8259 4", [
      [
        "duplicate-nested",
        "a member twice further in",
        { token: { claims: { realm_access: raw('{"roles":["user"],"roles":["admin"]}') } } },
      ],
      ["comma-trailing", "a comma behind the last member", { token: { claims: { extra: raw("1,") } } }],
      ["name-unquoted", "a name without quotes", { token: { claims: { extra: raw("1,sub:1") } } }],
    ]),
    ...attacks(REFUSED, "CVE-2024-34273", [
      [
        "duplicate-prototype",
        "__proto__ twice",
        { token: { claims: { extra: raw('1,"__proto__":1,"__proto__":2') } } },
      ],
      [
        "prototype-alg",
        "an alg by way of __proto__ in the header",
        { token: { header: { alg: undefined, extra: raw('1,"__proto__":{"alg":"ES256"}') } } },
      ],
    ]),
    ...attacks({ reason: "scope_insufficient", told: lacksScope("read") }, "CVE-2024-34273", [
      [
        "prototype-scope",
        "a scope by way of __proto__",
        { token: { claims: { scope: undefined, extra: raw('1,"__proto__":{"scope":"read"}') } } },
      ],
      [
        "prototype-of-constructor",
        "a scope by way of constructor and prototype",
        { token: { claims: { scope: undefined, constructor: { prototype: { scope: "read" } } } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8259 9; CVE-2025-61920", [
      [
        "depth-bomb",
        "2,000 lists in each other",
        { token: { claims: { extra: raw("[".repeat(2_000) + "]".repeat(2_000)) } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8259 9", [
      ["depth-bomb-open", "4,000 lists that do not end", { token: { payloadText: "[".repeat(4_000) } }],
      [
        "depth-of-objects",
        "600 objects in each other",
        { token: { claims: { extra: raw(`${'{"a":'.repeat(600)}1${"}".repeat(600)}`) } } },
      ],
      ["members-bomb", "2,000 elements", { token: { claims: { extra: raw(`[${"0,".repeat(1_999)}0]`) } } }],
    ]),
    ...attacks(REFUSED, "RFC 8259 6; CVE-2020-10735", [
      ["number-of-digits", "a number of 4,000 digits", { token: { claims: { extra: raw("9".repeat(4_000)) } } }],
    ]),
    ...attacks(REFUSED, "RFC 8259 6", [
      ["not-a-number", "NaN", { token: { claims: { exp: raw("NaN") } } }],
      ["infinity", "Infinity as expiry", { token: { claims: { exp: raw("Infinity") } } }],
      [
        "number-beyond-range",
        "1e400, which becomes Infinity: the token would never expire",
        { token: { claims: { exp: raw("1e400") } } },
      ],
      ["number-hexadecimal", "a hexadecimal number", { token: { claims: { extra: raw("0x10") } } }],
      ["number-octal", "a leading zero", { token: { claims: { extra: raw("017") } } }],
    ]),
    ...attacks(REFUSED, "RFC 8259 2", [
      ["comment", "a comment with a member in it", { token: { claims: { extra: raw('1/*,"sub":"mallory"*/') } } }],
      ["space-not-of-json", "a no-break space around the claims", { token: { payloadText: "\u00a0{claims}" } }],
      ["nul-behind", "a NUL behind the claims", { token: { payloadText: "{claims}\u0000" } }],
    ]),
    ...attacks(REFUSED, "RFC 8259 7", [
      ["quotes-single", "single quotes", { token: { claims: { extra: raw("'x'") } } }],
      ["line-break-in-text", "a line break in a string", { token: { claims: { extra: raw('"a\nb"') } } }],
    ]),
    ...attacks(REFUSED, "RFC 8259 8.2", [
      [
        "surrogate-alone",
        "half of a character, which some replace and others drop",
        { token: { claims: { sub: raw('"alice\\ud800"') } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8259 8.1", [
      ["byte-order-mark", "a byte order mark", { token: { payloadText: "\ufeff{claims}" } }],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.6 and 3.7", [
      ["utf-16", "UTF-16", { token: { charset: "utf16le" } }],
      ["latin-1", "bytes that are not UTF-8", { token: { claims: { name: "André" }, charset: "latin1" } }],
    ]),
    ...attacks(REFUSED, "RFC 3629 10", [
      [
        "utf-8-overlong",
        "a quote in two bytes, past a look for the one byte that it should be",
        { token: { claims: { name: "\u00c0\u00a2" }, charset: "latin1" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 7519 7.2", [
      ["claims-twice", "two objects in a row", { token: { payloadText: "{claims}{claims}" } }],
      ["claims-in-list", "the claims in a list", { token: { payloadText: "[{claims}]" } }],
      ["claims-text", "a string as payload", { token: { payloadText: '"alice"' } }],
      ["claims-null", "null as payload", { token: { payloadText: "null" } }],
    ]),
    ...attacks(REFUSED, "RFC 7515 5.2", [
      ["header-in-list", "the header in a list", { token: { headerText: "[{header}]" } }],
      ["header-null", "null as header", { token: { headerText: "null" } }],
    ]),
  ],
};
