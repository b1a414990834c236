import { createPublicKey, randomBytes } from "node:crypto";
import type { JWK } from "jose";
import { AUDIENCE, claimsOf, ISSUER, NOW } from "../../test/core/fixtures.ts";
import {
  encodeSegment,
  generateSigningKey,
  mintToken,
  replaceSignature,
  type SigningKey,
  signRaw,
} from "../../test/tokens.ts";

/** The most expensive refused tokens of each kind, and the good tokens for comparison. No token is longer than the limit. */

const MAX_BYTES = 7168;
/** Bytes of JSON that fit beside a header and a short signature. */
const ROOM = 5_200;

interface Sort {
  readonly name: string;
  /** The text after `Bearer `. Without this text, the request has no such header. */
  readonly token: string | undefined;
  /** Undefined if the token is good. */
  readonly reason: string | undefined;
}

export interface Keys {
  readonly jwks: readonly JWK[];
  readonly sorts: readonly Sort[];
  /** Good RS256 tokens, all different. */
  readonly good: readonly string[];
}

/** @param count how many good tokens. */
export function mintSorts(count: number): Keys {
  const rs256 = generateSigningKey("RS256", "rs256");
  const others = (["PS256", "ES256", "EdDSA", "ES384", "ES512"] as const).map((alg) => generateSigningKey(alg, alg));
  const es256 = others[1] as SigningKey;
  const large = publishLargeRsa();
  const good = Array.from({ length: count }, (_, index) =>
    mintToken({ key: rs256, claims: claimsOf({ jti: String(index) }) }),
  );
  // A real signature with one changed bit in the middle. A value out of range would be refused at once.
  const badly = (key: SigningKey, name: string, claims: Record<string, unknown> = {}): Sort => {
    const token = mintToken({ key, claims: claimsOf(claims) });
    const signature = Buffer.from(token.slice(token.lastIndexOf(".") + 1), "base64url");
    const middle = signature.length >> 1;
    signature.writeUInt8(signature.readUInt8(middle) ^ 1, middle);
    return { name: `a bad signature, ${name}`, token: replaceSignature(token, signature), reason: "signature_invalid" };
  };
  const says = (
    name: string,
    reason: string,
    claims: Record<string, unknown>,
    header: Record<string, unknown> = {},
  ): Sort => ({
    name,
    reason,
    token: mintToken({ key: es256, claims: claimsOf(claims), header }),
  });
  const sorts: Sort[] = [
    ...textSorts(),
    ...jsonSorts(es256),
    says("a token with an unknown kid", "key_not_found", {}, { kid: "unknown" }),
    says("a token of an issuer that the policy does not name", "issuer_untrusted", { iss: "https://evil.example" }),
    says("a token with the algorithm none", "algorithm_not_allowed", {}, { alg: "none" }),
    badly(rs256, "RS256"),
    ...others.map((key) => badly(key, key.alg)),
    {
      name: "a bad signature, RS256 with 8192 bits",
      token: replaceSignature(
        mintToken({ key: rs256, header: { kid: large.kid }, claims: claimsOf() }),
        Buffer.concat([Buffer.alloc(1), randomBytes(1023)]),
      ),
      reason: "signature_invalid",
    },
    badly(rs256, "RS256, the largest payload", { fill: "a".repeat(ROOM - 500) }),
    says("an expired token with a good ES256 signature, seen before", "token_expired", {
      exp: NOW - 300,
      iat: NOW - 600,
    }),
    says("a token for another audience with a good ES256 signature, seen before", "audience_mismatch", {
      aud: `${AUDIENCE}/x`,
    }),
    says("a token without the required scope, with a good ES256 signature, seen before", "scope_insufficient", {
      scope: "x ".repeat(2_000),
    }),
  ];
  return { jwks: [rs256.publicJwk, ...others.map((key) => key.publicJwk), large], sorts, good };
}

/**
 * A signature check with a random modulus takes as long as with a real modulus, and making a real key takes half a
 * minute.
 */
function publishLargeRsa(): JWK & { readonly kid: string } {
  for (;;) {
    const bytes = randomBytes(1024);
    bytes.writeUInt8(bytes.readUInt8(0) | 0x80, 0);
    bytes.writeUInt8(bytes.readUInt8(1023) | 1, 1023);
    const modulus = BigInt(`0x${bytes.toString("hex")}`);
    if (Array.from({ length: 200 }, (_, index) => BigInt(index + 2)).every((divisor) => modulus % divisor !== 0n)) {
      const jwk = { kty: "RSA", n: bytes.toString("base64url"), e: "AQAB" };
      return {
        ...(createPublicKey({ key: jwk, format: "jwk" }).export({ format: "jwk" }) as JWK),
        kid: "large",
        alg: "RS256",
      };
    }
  }
}

function textSorts(): readonly Sort[] {
  const malformed = (name: string, token: string, reason = "token_malformed"): Sort => ({ name, token, reason });
  return [
    { name: "no token", token: undefined, reason: "token_missing" },
    malformed("a token longer than allowed", "A".repeat(MAX_BYTES + 1), "token_too_large"),
    malformed(
      "a token with one wrong character at the end",
      `${"A".repeat(MAX_BYTES - 1)}!`,
      "authorization_malformed",
    ),
    malformed("a token with only one segment", "A".repeat(MAX_BYTES)),
    malformed("a token of dots only", ".".repeat(MAX_BYTES)),
    malformed("a token with as many segments as fit", "A.".repeat(MAX_BYTES / 2)),
    malformed("a token with five segments", Array(5).fill("A".repeat(1_400)).join("."), "token_encrypted"),
    malformed(
      "a header that is not base64url at its end",
      `${"A".repeat(MAX_BYTES - 5)}=.A.A`,
      "authorization_malformed",
    ),
    malformed("a header of zero bytes", `${"A".repeat(MAX_BYTES - 4)}.A.A`),
    malformed(
      "a signature that is not canonical at its end",
      `${encodeSegment('{"alg":"ES256"}')}.${encodeSegment("{}")}.${"A".repeat(7_000)}B`,
    ),
  ];
}

/** Payloads that are read to the end, or nearly, after a correct header. */
function jsonSorts(key: SigningKey): readonly Sort[] {
  const unknown = '"iss":"https://evil.example"';
  const payloads: readonly (readonly [string, string | Uint8Array, string])[] = [
    ["JSON nested as deep as allowed", `{${unknown},"a":${"[".repeat(15)}${"]".repeat(15)}}`, "issuer_untrusted"],
    ["JSON nested deeper than allowed", `{"a":${"[".repeat(ROOM / 2)}`, "token_malformed"],
    ["an object with as many members as allowed", `{${unknown},${names(570)}}`, "issuer_untrusted"],
    [
      "a list with as many elements as allowed",
      `{${unknown},"a":[${Array(1022).fill("[]").join(",")}]}`,
      "issuer_untrusted",
    ],
    ["a list with more elements than allowed", `{"a":[${"0,".repeat(ROOM / 2 - 10)}0]}`, "token_malformed"],
    ["an object whose last member has the same name as its first member", `{${names(570)},"a0":0}`, "token_malformed"],
    ["a string with as many escapes as fit", `{${unknown},"a":"${"\\n".repeat(ROOM / 2 - 40)}"}`, "issuer_untrusted"],
    [
      "a string with as many \\u escapes as fit",
      `{${unknown},"a":"${"\\u0041".repeat(ROOM / 6 - 40)}"}`,
      "issuer_untrusted",
    ],
    ["a string with half a surrogate pair at its end", `{"a":"${"a".repeat(ROOM - 20)}\\ud800"}`, "token_malformed"],
    ["the longest possible string", `{${unknown},"a":"${"a".repeat(ROOM - 80)}"}`, "issuer_untrusted"],
    [
      "the longest possible number",
      `{${unknown},"a":${"1".repeat(300)}.${"1".repeat(ROOM - 400)}}`,
      "issuer_untrusted",
    ],
    ["a number too large for a double", `{"a":${"9".repeat(ROOM - 20)}}`, "token_malformed"],
    ["JSON that consists mainly of blanks", `{${" ".repeat(ROOM - 80)}${unknown}}`, "issuer_untrusted"],
    [
      "a payload that is not UTF-8 at its end",
      Buffer.concat([Buffer.alloc(ROOM - 2, "a"), Buffer.from([0xff])]),
      "token_malformed",
    ],
    [
      "a string of characters of three bytes",
      `{${unknown},"a":"${"\u20ac".repeat(ROOM / 3 - 40)}"}`,
      "issuer_untrusted",
    ],
  ];
  return payloads.map(([name, payload, reason]) => ({
    name,
    token: signRaw(key, JSON.stringify({ alg: "ES256", kid: "ES256", typ: "at+jwt" }), payload),
    reason,
  }));
}

const names = (count: number): string => Array.from({ length: count }, (_, index) => `"a${index}":0`).join(",");

/** The issuer of the measured policy. */
export const issuerOf = (jwks: readonly JWK[]): Record<string, unknown> => ({
  issuer: ISSUER,
  audiences: [AUDIENCE],
  algorithms: ["RS256", "PS256", "ES256", "EdDSA", "ES384", "ES512"],
  keys: { jwks: { keys: jwks } },
});
