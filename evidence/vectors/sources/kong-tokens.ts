import { ISSUER, inlineIssuer, NOW, policyDocument } from "../../../test/core/fixtures.ts";
import { encodeSegment, generateSigningKey, signSegments } from "../../../test/tokens.ts";
import { judgeJws } from "../judge-jws.ts";
import { judgeRequest } from "../judge-request.ts";
import type { VectorSource } from "../judged.ts";
import { readVectors } from "../vector-folder.ts";
import { pemKeysOf, textSecretOf } from "../vector-issuer.ts";

/** The tokens in the tests of Kong's own JWT parser. They have no `iss`, no `aud` and no `kid`. */
interface KongToken {
  readonly id: string;
  readonly token: string;
  readonly alg: string;
  readonly key_pem?: string;
  /** UTF-8 text. */
  readonly secret?: string;
  /** The registered claims that the token must have, and that must be valid. */
  readonly verify_claims?: readonly string[];
  readonly expect: "accept" | "reject";
}

const readTokens = (): KongToken[] => readVectors<KongToken[]>("kong-jwt/tokens.json");

/** The tests of signatures. The vectors in `claims/` test later stages. */
export const kongSignatures: VectorSource = {
  name: "Kong's JWT parser: signatures",
  judge: () =>
    Promise.all(
      readTokens()
        .filter(({ id }) => id.startsWith("parser/"))
        .map(async ({ id, token, alg, expect, key_pem, secret = "" }) => ({
          id,
          expected: expect === "accept" ? "accepted" : signatureRefusal(id),
          found: await judgeJws(token, key_pem === undefined ? textSecretOf(secret, alg) : pemKeysOf(key_pem)),
        })),
    ),
};

/** The first row that fits says why a signature has to be refused. */
const SIGNATURE_REFUSALS: readonly (readonly [id: RegExp, reason: string])[] = [
  [/alg-foo$/, "algorithm_not_allowed"],
  // The key is not supported, whatever the signature.
  [/ed448/, "key_not_found"],
  [/HS256-invalid$/, "key_not_found: HS256 needs 32 bytes or more; the secret has 7"],
  [/HS384-invalid$/, "key_not_found: HS384 needs 48 bytes or more; the secret has 7"],
  [/HS512-invalid$/, "key_not_found: HS512 needs 64 bytes or more; the secret has 7"],
  // Three characters are cut off. With most lengths, the rest is not canonical base64url.
  [/es(384|512)-truncated-sig$/, "signature_invalid"],
  [/-truncated-sig$/, "token_malformed: signature: not canonical base64url"],
  // The other key has another type or curve, is too short, or is of the same kind.
  [/(es...|ps...|ed25519)-wrong-key$/, "key_not_found"],
  [/rs384-wrong-key$/, "key_not_found: key 0: an RSA key of 2047 bits; only 2048 to 8192 bits are allowed"],
  [/-wrong-key$/, "signature_invalid"],
];

function signatureRefusal(id: string): string {
  return SIGNATURE_REFUSALS.find(([pattern]) => pattern.test(id))?.[1] ?? "no row in kong-tokens.ts";
}

/**
 * No token of these tests names an issuer. Kong's plugin also refuses such tokens, because its `key_claim_name` is
 * `iss`.
 */
export const kongRequests: VectorSource = {
  name: "Kong's JWT parser: tokens as requests",
  judge: () =>
    Promise.all(
      readTokens().map(async (vector) => ({
        id: vector.id,
        // The signature is decoded before the issuer is looked at, and verified behind.
        expected: signatureRefusal(vector.id).startsWith("token_malformed") ? "token_malformed" : "issuer_untrusted",
        found: await judgeToken(vector.token, vector),
      })),
    ),
};

/** The same headers and claims with an `iss`, signed with a key of ours. */
export const kongClaims: VectorSource = {
  name: "Kong's JWT parser: headers and claims, with an issuer",
  judge: () =>
    Promise.all(
      readTokens()
        .filter(({ id }) => /^claims\/|^parser\/(typ|alg)-/.test(id))
        .map(async (vector) => ({
          id: vector.id,
          expected: vector.expect === "accept" ? "accepted" : (CLAIM_REFUSALS[vector.id] ?? "no row"),
          found: await judgeToken(addIssuer(vector.token), vector),
        })),
    ),
};

const CLAIM_REFUSALS: Readonly<Record<string, string>> = {
  "claims/missing-exp-nbf": "claim_missing",
  "claims/exp-string": "claim_invalid",
  "claims/exp-past": "token_expired",
  "claims/nbf-future": "token_not_yet_valid",
  "parser/alg-foo": "algorithm_not_allowed",
};

const key = generateSigningKey("RS256", "1");

async function judgeToken(token: string, { verify_claims = [] }: KongToken): Promise<string> {
  // Any `typ` and no clock skew, as in Kong's parser. Kong's parser checks no audience, so the audience is `iss`.
  const issuer = inlineIssuer([key], {
    audiences: [ISSUER],
    claims: { audience: "iss" },
    clock_skew: "0s",
    token_type: "any",
    required_claims: verify_claims.filter((name) => name !== "exp"), // Which is always required.
  });
  const document = policyDocument(issuer, { routes: { read: {} } });
  return (await judgeRequest({ document, authorization: `Bearer ${token}`, now: NOW })).found;
}

function addIssuer(token: string): string {
  const [header = "", payload = ""] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  return signSegments(key, header, encodeSegment(JSON.stringify({ ...claims, iss: ISSUER })));
}
