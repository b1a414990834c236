/** Where we do on purpose what the source of a vector does not expect. A test fails when one is missing here, or is none any more. */
interface Disagreement {
  /** Name of the {@link VectorSource}. */
  readonly source: string;
  readonly ids: readonly string[];
  /** What comes of them here. */
  readonly found: string;
  readonly why: string;
}

const KONG_SIGNATURES = "Kong's JWT parser: signatures";
const KONG_SCENARIOS = "Kong's jwt plugin: its scenarios as requests";
const RFC_REQUESTS = "RFC 7515, 7516, 7519, CVE-2022-29217: requests";

export const DISAGREEMENTS: readonly Disagreement[] = [
  {
    source: "Wycheproof: JWS",
    ids: ["json_web_signature_test#367", "json_web_signature_test#370"],
    found: "accepted",
    why: "Published as padded, but the padding is not in the file: key and token are, byte for byte, those of #357, which is published as valid. With padding they are refused (core/decode.test.ts).",
  },
  {
    source: "JOSE cookbook: RFC 7520, 7797, 8037",
    ids: ["curve25519/jws.json:compact"],
    found: "accepted",
    why: "Listed as to be refused because its payload is text. Here signatures are judged, and this one holds (RFC 8037 appendix A.5); as a token it would be `token_malformed`.",
  },
  {
    source: RFC_REQUESTS,
    ids: ["RFC7515.A4"],
    found: "token_malformed",
    why: "The payload is the text “Payload”. Its signature is accepted, but a request needs claims (RFC 7519 section 7.2).",
  },
  {
    source: RFC_REQUESTS,
    ids: ["pyjwt.GHSA-ffqj-6fqr-9h24#0", "pyjwt.GHSA-ffqj-6fqr-9h24#2"],
    found: "issuer_untrusted",
    why: "The signatures are accepted, but the tokens name no issuer: a policy trusts issuers, not keys (RFC 8725 section 3.8).",
  },
  {
    source: KONG_SIGNATURES,
    ids: ["parser/rs512-ok"],
    found: "key_not_found: key 0: an RSA key of 2047 bits; 2048 to 8192 are used",
    why: "The first bit of the modulus is 0. RFC 7518 section 3.3 wants 2048 bits or more.",
  },
  {
    source: KONG_SIGNATURES,
    ids: ["parser/HS256-secret", "parser/HS384-secret", "parser/HS512-secret"],
    found: "key_not_found",
    why: "The secret has 6 bytes. RFC 7518 section 3.2 wants as many as the hash has.",
  },
  {
    source: KONG_SIGNATURES,
    ids: ["parser/ed448-ok"],
    found: "key_not_found",
    why: "Ed448 is not supported: Ed25519 is what providers use, and fewer algorithms are fewer ways in (RFC 8725 section 3.2).",
  },
  {
    source: KONG_SCENARIOS,
    ids: ["refusals 12"],
    found: "400 token_ambiguous",
    why: "Refused as well, but with 400 and `invalid_request`, as RFC 6750 section 3.1 has it for more than one token, and not with 401.",
  },
  {
    source: KONG_SCENARIOS,
    ids: ["HS256 13"],
    found: "400 token_ambiguous",
    why: "Of two header lines with tokens Kong takes the first and passes both on: another reader would take the last. Two are too many here (RFC 6750 section 2).",
  },
  {
    source: KONG_SCENARIOS,
    ids: ["config.anonymous 2", "config.anonymous 3"],
    found: "401 signature_invalid",
    why: "On an optional rule nobody is fine, but a bad token is no free pass: its sender takes itself for somebody.",
  },
  {
    source: "Istio: requests against its policies",
    ids: ["authn-only: expired-token-cors-preflight-request-allowed"],
    found: "token_expired",
    why: "Istio passes preflight requests unread. With Kong its `cors` plugin answers them before this plugin runs; what comes here is judged.",
  },
  {
    source: "Istio: requests against its policies",
    ids: ["headers-params: valid-token-set"],
    found: "token_ambiguous",
    why: "Two parameters with tokens, both of them good. Istio lets the request pass when all are; here a request has one token (RFC 6750 section 2), or it is not sure whom the upstream takes it for.",
  },
  {
    source: "KrakenD: matchers of roles and scopes",
    ids: ["krakend/CanAccess/simple_space_success"],
    found: "condition_unmet",
    why: "A text is one role here, for names of roles may have blanks in them; only scopes are split (RFC 8693 section 4.2).",
  },
];
