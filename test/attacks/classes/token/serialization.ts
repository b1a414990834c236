import { type AttackClass, attacks, INVALID, MALFORMED, raw, SEVERAL } from "../../forge/attack.ts";

const REFUSED = { reason: "token_malformed", told: INVALID } as const;
const UNSUPPORTED = { reason: "critical_header_unsupported", told: INVALID } as const;
const NOT_A_TOKEN = { reason: "authorization_malformed", told: MALFORMED } as const;

/** A token in a form that two readers understand differently. */
export const serialization: AttackClass = {
  name: "serialization",
  honest: [
    { what: "three segments" },
    { what: "a payload of UTF-8", token: { claims: { name: "Žofie 李" } } },
    { what: "an unknown member in the header", token: { header: { "x-trace": "1" } } },
  ],
  attacks: [
    ...attacks({ reason: "token_ambiguous", told: SEVERAL }, "RFC 8725bis 2.13 and 3.14; RFC 7515 7.2.2", [
      [
        "json-flattened",
        "the flattened JSON form",
        { token: { sent: '{"protected":"{header}","payload":"{payload}","signature":"{signature}"}' } },
      ],
    ]),
    ...attacks({ reason: "token_ambiguous", told: SEVERAL }, "RFC 8725bis 2.13 and 3.14; CVE-2022-39227", [
      [
        "json-around-token",
        "a JSON text with an honest token in it, which another parser takes apart at the dots",
        { token: { sent: '{"{header}.e30.":"","x":"{signed}.{signature}"}' } },
      ],
    ]),
    ...attacks(NOT_A_TOKEN, "RFC 8725bis 2.13 and 3.14; CVE-2022-39227", [
      ["json-one-member", "the same with one member", { token: { sent: '{"t":"{signed}.{signature}"}' } }],
    ]),
    ...attacks(REFUSED, "RFC 7515 7.2", [
      [
        "json-encoded",
        "the JSON form in base64url",
        { token: { payloadText: '{"protected":"e30","payload":"e30","signature":"AAAA"}', sent: "{payload}" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 7515 7.1", [
      ["segments-two", "two segments", { token: { sent: "{header}.{payload}" } }],
      ["segments-four", "a fourth segment behind the signature", { token: { sent: "{signed}.{signature}.AAAA" } }],
      ["dots-around", "dots before and behind an honest token", { token: { sent: ".{signed}.{signature}" } }],
      ["header-empty", "no header", { token: { sent: ".{payload}.{signature}" } }],
    ]),
    ...attacks(REFUSED, "RFC 7515 7.1; CVE-2022-39227", [
      [
        "segments-before",
        "another payload before the honest one, for readers that take the second segment from the front",
        { token: { sent: "{header}.e30.{payload}.{signature}" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.3; CVE-2025-30204, CVE-2025-27144", [
      ["dots-only", "nothing but dots", { token: { sent: ".".repeat(6_000) } }],
    ]),
    ...attacks(REFUSED, "RFC 7515 appendix F; RFC 7797", [
      ["payload-detached", "no payload, as if it came by another way", { token: { sent: "{header}..{signature}" } }],
    ]),
    ...attacks(UNSUPPORTED, "RFC 7797 3 and 7; RFC 7519 7.2", [
      [
        "payload-not-encoded",
        "b64 false and crit: a payload that is signed as it stands",
        { token: { header: { b64: false, crit: ["b64"] } } },
      ],
    ]),
    ...attacks(UNSUPPORTED, "RFC 7797 6", [
      [
        "payload-not-encoded-quietly",
        "b64 false without crit, which half of the readers do not see",
        { token: { header: { b64: false } } },
      ],
    ]),
    ...attacks(UNSUPPORTED, "RFC 7797 7", [["b64-true", "b64 true", { token: { header: { b64: true } } }]]),
    ...attacks(UNSUPPORTED, "RFC 7515 4.1.11; CVE-2025-59420", [
      [
        "crit-unknown",
        "a critical extension that nobody knows",
        { token: { header: { crit: ["http://example.com/UNDEFINED"], "http://example.com/UNDEFINED": true } } },
      ],
    ]),
    ...attacks(UNSUPPORTED, "RFC 7515 4.1.11", [
      ["crit-without-member", "a critical extension that is not there", { token: { header: { crit: ["bork"] } } }],
      ["crit-empty", "an empty crit", { token: { header: { crit: [] } } }],
      ["crit-null", "crit null", { token: { header: { crit: null } } }],
      ["crit-text", "crit as a string", { token: { header: { crit: "exp" } } }],
      ["crit-registered", "crit with a member of the standard", { token: { header: { crit: ["alg"] } } }],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.3; RFC 7519 7.2", [
      [
        "nested-token",
        "an honest token as the payload of one that a stranger signed",
        { token: { key: "stranger", header: { cty: "JWT" }, payloadText: "{honest}" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.3 and 3.11", [
      [
        "nested-signed",
        "an honest token as the payload of another honest one: the claims are further in",
        { token: { header: { cty: "JWT" }, payloadText: "{honest}" } },
      ],
    ]),
    ...attacks({ reason: "signature_invalid", told: INVALID }, "RFC 8725 3.3", [
      [
        "nested-in-claim",
        "an honest token as a claim of a stranger's",
        { token: { key: "stranger", claims: { jwt: raw('"{honest}"') } } },
      ],
    ]),
    ...attacks(NOT_A_TOKEN, "RFC 7515 7.2.1", [
      [
        "unprotected-header",
        "an unprotected header behind the signature",
        { token: { sent: '{signed}.{signature}{"alg":"none"}' } },
      ],
    ]),
    ...attacks(NOT_A_TOKEN, "RFC 6750 2.1", [
      ["percent-encoded", "an encoded dot", { token: { sent: "{header}%2E{payload}.{signature}" } }],
    ]),
    ...attacks(REFUSED, "RFC 7515 2", [
      [
        "padding",
        "padding behind the signature: one token with two texts",
        { token: { sent: "{signed}.{signature}==" } },
      ],
    ]),
    ...attacks(NOT_A_TOKEN, "RFC 7515 2", [
      ["padding-signed", "padding in what the issuer signed", { token: { signed: "{header}=.{payload}" } }],
    ]),
    ...attacks(REFUSED, "RFC 7515 2; RFC 4648 5", [
      ["alphabet-standard", "the standard alphabet's + in the signature", { token: { sent: "{signed}.+{signature}" } }],
      [
        "alphabet-standard-signed",
        "the standard alphabet in a payload that the issuer signed so",
        { token: { claims: { name: "\u00bf\u00ff?>~ \u00bf\u00ff?>~" }, alphabet: "base64" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 4648 3.3", [
      ["alphabet-outside", "a tilde, which lenient decoders skip", { token: { sent: "{signed}.{signature}~" } }],
    ]),
    ...attacks(REFUSED, "RFC 4648 3.5", [
      [
        "bits-left-over",
        "bits that no byte holds: one token with sixteen texts",
        { token: { key: "eddsa", sent: "{signed}.{loose}" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 4648 4", [
      ["length-impossible", "a length that no encoder makes", { token: { sent: "{signed}.{signature}AAA" } }],
    ]),
  ],
};
