import { type AttackClass, attacks, INVALID, MALFORMED, raw, row, SEVERAL } from "../../forge/attack.ts";

const REFUSED = { reason: "token_malformed", told: INVALID } as const;
const UNSUPPORTED = { reason: "critical_header_unsupported", told: INVALID } as const;
const NOT_A_TOKEN = { reason: "authorization_malformed", told: MALFORMED } as const;

/** A token in a form that two readers understand differently. */
export const serialization: AttackClass = {
  name: "serialization",
  honest: [
    { what: "three segments" },
    { what: "a payload of UTF-8", claims: { name: "Žofie 李" } },
    { what: "an unknown member in the header", header: { "x-trace": "1" } },
  ],
  attacks: attacks([
    { reason: "token_ambiguous", told: SEVERAL },
    "RFC 8725bis 2.13 and 3.14; RFC 7515 7.2.2",
    row("json-flattened", "the flattened JSON form", {
      sent: '{"protected":"{header}","payload":"{payload}","signature":"{signature}"}',
    }),
    "RFC 8725bis 2.13 and 3.14; CVE-2022-39227",
    row("json-around-token", "a JSON text with an honest token in it, which another parser splits at the dots", {
      sent: '{"{header}.e30.":"","x":"{signed}.{signature}"}',
    }),
    NOT_A_TOKEN,
    row("json-one-member", "the same with one member", { sent: '{"t":"{signed}.{signature}"}' }),
    REFUSED,
    "RFC 7515 7.2",
    row("json-encoded", "the JSON form in base64url", {
      payloadText: '{"protected":"e30","payload":"e30","signature":"AAAA"}',
      sent: "{payload}",
    }),
    "RFC 7515 7.1",
    row("segments-two", "two segments", { sent: "{header}.{payload}" }),
    row("segments-four", "a fourth segment behind the signature", { sent: "{signed}.{signature}.AAAA" }),
    row("dots-around", "dots before and behind an honest token", { sent: ".{signed}.{signature}" }),
    row("header-empty", "no header", { sent: ".{payload}.{signature}" }),
    "RFC 7515 7.1; CVE-2022-39227",
    row(
      "segments-before",
      "another payload before the honest one, for readers that take the second segment from the front",
      { sent: "{header}.e30.{payload}.{signature}" },
    ),
    "RFC 8725 3.3; CVE-2025-30204, CVE-2025-27144",
    row("dots-only", "nothing but dots", { sent: ".".repeat(6_000) }),
    "RFC 7515 appendix F; RFC 7797",
    row("payload-detached", "no payload, as if it were sent separately", { sent: "{header}..{signature}" }),
    UNSUPPORTED,
    "RFC 7797 3 and 7; RFC 7519 7.2",
    row("payload-not-encoded", "b64 false and crit: the payload is signed without encoding", {
      header: { b64: false, crit: ["b64"] },
    }),
    "RFC 7797 6",
    row("payload-not-encoded-quietly", "b64 false without crit, which some readers ignore", {
      header: { b64: false },
    }),
    "RFC 7797 7",
    row("b64-true", "b64 true", { header: { b64: true } }),
    "RFC 7515 4.1.11; CVE-2025-59420",
    row("crit-unknown", "an unknown critical extension", {
      header: { crit: ["http://example.com/UNDEFINED"], "http://example.com/UNDEFINED": true },
    }),
    "RFC 7515 4.1.11",
    row("crit-without-member", "a critical extension that is not there", { header: { crit: ["bork"] } }),
    row("crit-empty", "an empty crit", { header: { crit: [] } }),
    row("crit-null", "crit null", { header: { crit: null } }),
    row("crit-text", "crit as a string", { header: { crit: "exp" } }),
    row("crit-registered", "crit with a member of the standard", { header: { crit: ["alg"] } }),
    REFUSED,
    "RFC 8725 3.3; RFC 7519 7.2",
    row("nested-token", "an honest token as the payload of a token that a stranger signed", {
      key: "stranger",
      header: { cty: "JWT" },
      payloadText: "{honest}",
    }),
    "RFC 8725 3.3 and 3.11",
    row("nested-signed", "an honest token as the payload of another honest token", {
      header: { cty: "JWT" },
      payloadText: "{honest}",
    }),
    { reason: "signature_invalid", told: INVALID },
    "RFC 8725 3.3",
    row("nested-in-claim", "an honest token as a claim of a stranger's", {
      key: "stranger",
      claims: { jwt: raw('"{honest}"') },
    }),
    NOT_A_TOKEN,
    "RFC 7515 7.2.1",
    row("unprotected-header", "an unprotected header behind the signature", {
      sent: '{signed}.{signature}{"alg":"none"}',
    }),
    "RFC 6750 2.1",
    row("percent-encoded", "an encoded dot", { sent: "{header}%2E{payload}.{signature}" }),
    REFUSED,
    "RFC 7515 2",
    row("padding", "padding after the signature: one token with two texts", { sent: "{signed}.{signature}==" }),
    NOT_A_TOKEN,
    row("padding-signed", "padding in the signed text", { signed: "{header}=.{payload}" }),
    REFUSED,
    "RFC 7515 2; RFC 4648 5",
    row("alphabet-standard", "the standard alphabet's + in the signature", { sent: "{signed}.+{signature}" }),
    row("alphabet-standard-signed", "the standard alphabet in a signed payload", {
      claims: { name: "\u00bf\u00ff?>~ \u00bf\u00ff?>~" },
      alphabet: "base64",
    }),
    "RFC 4648 3.3",
    row("alphabet-outside", "a tilde, which lenient decoders skip", { sent: "{signed}.{signature}~" }),
    "RFC 4648 3.5",
    row("bits-left-over", "unused bits at the end that are not zero: one token with sixteen texts", {
      key: "eddsa",
      sent: "{signed}.{loose}",
    }),
    "RFC 4648 4",
    row("length-impossible", "a length that no encoder makes", { sent: "{signed}.{signature}AAA" }),
  ]),
};
