/**
 * The reason for which each of Wycheproof's invalid JWS must be refused. The key is an id, or else a comment, a flag or
 * a group.
 */

const SEGMENTS = "token_malformed: not three non-empty segments";
const notCanonical = (segment: string): string => `token_malformed: ${segment}: not canonical base64url`;
/** The reason why the only key of the set cannot be used. */
const keyIs = (why: string): string => `key_not_found: key 0: ${why}`;

const RIGHT_REASONS: readonly (readonly [reason: string, marks: readonly string[]])[] = [
  [
    SEGMENTS,
    [
      "rejectsMissingSignature",
      "rejectsMissingSignatureAndSeparator",
      "rejectsMissingPayloadAndSeparator",
      "rejectsMissingHeader",
      "rejectsMissingHeaderAndSeparator",
      "rejectsMissingHeaderAndSignature",
      "rejectsMissingHeaderSignatureAndSeparator",
      "rejectsMissingHeaderSignatureAndSeparators",
      "rejectsEmptyString",
      "rejectsExtraEmptyComponent",
      "rejectsExtraComponent",
      "JsonSerialization",
      // Unsecured tokens have an empty third segment, which is found before `alg` is read.
      "rejectsNoneAlgorithmAndMissingSignature",
      "AlgIsNone",
    ],
  ],
  [
    notCanonical("header"),
    // Wycheproof calls the second vector valid, because its MAC covers the text as sent.
    ["spacesInHeader", "invalidCharactersInHeader", "json_web_signature_test#372"],
  ],
  [
    notCanonical("payload"),
    [
      "spacesInPayload",
      "invalidCharactersInPayload",
      "InvalidCharacterInPayload",
      "ModifiedUnusedBitsInPayload",
      "MacOfIncorrectlyEncodedMessage",
      "json_web_signature_test#373", // Wycheproof publishes this vector as valid, as vector 372.
    ],
  ],
  [
    notCanonical("signature"),
    [
      "rejectsSpacesInMac",
      "rejectsInvalidCharacterInsertedInMac",
      "rejects0ReplacedbyInvalidCharacter",
      "rejectsInvalidCharacters",
    ],
  ],
  [
    "algorithm_not_allowed",
    [
      // HS256 with the bytes of a public key as the secret.
      "rejectsSymmetryConfusionAttacks_aesKeyFromEcVerificationKeyBytes",
      // A secret beside public keys, and secrets for encryption. The plugin imports none of these from such a set.
      "jws_mixedSymmetryKeyset",
      "rejectsAesKey",
    ],
  ],
  ["key_not_found: HS256 needs 32 bytes or more; the secret has 31", ["json_web_key_test#10"]],
  ["key_not_found: HS384 needs 48 bytes or more; the secret has 47", ["json_web_key_test#11"]],
  ["key_not_found: HS512 needs 64 bytes or more; the secret has 63", ["json_web_key_test#12"]],
  ["key_not_found: secret-0 is empty", ["empty_key"]],
  ["policy refused: kid_duplicate", ["rejectsDuplicateKid"]],
  // The modified header names another kid.
  ["key_not_found", ["rejectsModifiedHeader"]],
  [keyIs("not meant for signatures"), ["rejectWrongUse", "rejectsWrongUse", "rejectWrongKeyOps", "invalid_use"]],
  [
    keyIs("an RSA key made by a faulty chip (CVE-2017-15361): anyone can factor it"),
    ["rejectsKeyWithRocaVulnerability"],
  ],
  [keyIs("an RSA key of 1024 bits; only 2048 to 8192 bits are allowed"), ["rejects1024bitRsaKey"]],
  [keyIs("an RSA key with an unusable public exponent"), ["rejectsPublicExponent1"]],
  // Node's OpenSSL makes these texts.
  ["key_not_found: key 0", ["invalid_point"]],
  [
    "key_not_found",
    [
      "wrong_algorithm",
      "invalid_algorithm",
      "wrong_curve",
      "wrong_kty",
      // The key says PS512, the header another algorithm.
      "json_web_signature_test#332",
      "json_web_signature_test#334",
      "json_web_signature_test#336",
      "json_web_signature_test#338",
      "json_web_signature_test#340",
      // Published as valid. The key has PS256 and the token PS384. In the other vector, the key has ES521, but there is
      // no such algorithm.
      "json_web_signature_test#346",
      "json_web_signature_test#350",
      "json_web_signature_test#347",
      "json_web_signature_test#351",
    ],
  ],
  [
    "signature_invalid",
    [
      "rejectsModifiedSignature",
      "rejectsModifiedPayload",
      "rejectsMissingPayload",
      "rejectsAttackerProvidedEmbeddedJwk",
      "invalidBase64Padding",
      "invalidBase64PaddingInPayload",
      "ModifiedPadding",
      "ModifiedSignature",
      // The header says PS512 as the key does, and the signature is of another algorithm.
      "WrongPrimitive",
      "SpecialCaseEs256",
    ],
  ],
];

const REASON_BY_MARK: ReadonlyMap<string, string> = new Map(
  RIGHT_REASONS.flatMap(([reason, marks]) => marks.map((mark) => [mark, reason] as const)),
);

/** @throws Error when the table has no row for the vector. */
export function rightReason(vector: {
  readonly id: string;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly group: string;
}): string {
  const marks = [vector.id, vector.comment, ...vector.flags, vector.group];
  const mark = marks.find((candidate) => REASON_BY_MARK.has(candidate));
  const reason = mark === undefined ? undefined : REASON_BY_MARK.get(mark);
  if (reason === undefined) {
    throw new Error(`wycheproof-refusals.ts does not say why ${vector.id} has to be refused (${marks.join(", ")})`);
  }
  return reason;
}
