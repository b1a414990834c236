import { by, type CheckList, none } from "./check-list.ts";
import * as our from "./coverages.ts";

const encrypted = none("encrypted tokens are refused by their shape (core/decode.test.ts)");
const making = none("keys and tokens are made by issuers, not here");
const serialisations = none("JSON serialisations are no bearer tokens; docs/vectors.md has them refused");
const objects = none("about JavaScript objects that change under the library; keys and tokens come as text here");
const privateKeys = by("keys/import/import-pem.test.ts", "a file with a private key serves nothing, and its key is leaked");

export const panvaJose: CheckList = {
  source: "panva-jose",
  fingerprint: "46cf2b430b5fd8bb",
  files: {
    "test/jwe/compact.decrypt.test.ts": [["1-3", encrypted]],
    "test/jwe/compact.encrypt.test.ts": [["1-10", encrypted]],
    "test/jwe/flattened.decrypt.test.ts": [["1-12", encrypted]],
    "test/jwe/flattened.encrypt.test.ts": [["1-24", encrypted]],
    "test/jwe/general.test.ts": [["1-18", encrypted]],
    "test/jwe/zip.test.ts": [["1-15", encrypted]],
    "test/jwk/embedded.test.ts": [["1-8", our.embeddedKeys]],
    "test/jwk/generate_key_pair.test.ts": [["1-9", making]],
    "test/jwk/import.test.ts": [
      ["1", our.pemForSecrets],
      ["2", privateKeys],
      ["3", objects],
    ],
    "test/jwk/issue-459.test.ts": [
      ["1", our.certificates],
      ["2-3", our.certificateForm],
      ["4", our.pemForSecrets],
    ],
    "test/jwk/jwk2key.test.ts": [
      ["1", our.keyUnusable],
      ["2-3", our.keyForOthers],
      ["4,6,10-12", by("keys/import/import-key-set.test.ts", "a symmetric key")],
      ["5", by("policy/issuers/compile-issuer.test.ts", "member %s")],
      ["7", by("keys/import/import-key-set.test.ts", "key_ops that are a text")],
      ["8", none("`ext` is for programs that export keys")],
      ["9", objects],
    ],
    "test/jwk/key_input.test.ts": [["1-4", objects]],
    "test/jwk/thumbprint.test.ts": [["1-11", none("no thumbprints are used")]],
    "test/jwks/local.test.ts": [
      ["1", our.kidRules],
      ["2", by("keys/import/import-key-set.test.ts", "a use that nobody knows")],
      ["3", by("keys/import/import-key-set.test.ts", "an alg that is not a string")],
      ["4", by("keys/import/import-key-set.test.ts", "a kid that is not a string")],
      ["5", by("keys/import/import-key-set.test.ts", "key_ops that are a text")],
    ],
    "test/jwks/remote.test.ts": [
      ["1", by("keys/life/issuer-keys.test.ts", "is found once the issuer publishes its key, for all who wait")],
      ["2", our.cooldown],
      ["3-4,7-10", our.programming],
      ["5", by("keys/life/issuer-keys-background.test.ts", "when a good set is five minutes old, and not before")],
      [
        "6",
        by("keys/life/issuer-keys-background.test.ts", "keys that were there once count as there when a later fetch fails"),
      ],
      ["11", our.badSet],
      ["12", none("key servers get no headers of one's own")],
      ["13-14", by("keys/fetch/fetch-json.test.ts", "an address where nobody listens")],
      ["15", our.fetchTimeout],
    ],
    "test/jws/compact.sign.test.ts": [["1-6", making]],
    "test/jws/compact.verify.test.ts": [
      ["1", our.segments],
      ["2", our.emptyPayload],
      ["3,5-6", objects],
      ["4", our.algorithmUnknown],
    ],
    "test/jws/crit.test.ts": [
      ["1,5-6", our.extensions],
      ["2", our.programming],
      ["3-4", making],
    ],
    "test/jws/flattened.sign.test.ts": [["1-8", making]],
    "test/jws/flattened.verify.test.ts": [["1-5", serialisations]],
    "test/jws/general.test.ts": [["1-9", serialisations]],
    "test/jws/unencoded.test.ts": [
      ["1,3,6,10", our.extensions],
      ["2,5", objects],
      ["4", making],
      ["7-9", serialisations],
    ],
    "test/jwt/decrypt.test.ts": [["1-20", encrypted]],
    "test/jwt/encrypt.test.ts": [["1-11", encrypted]],
    "test/jwt/sign.test.ts": [["1-12", making]],
    "test/jwt/unsecured.test.ts": [["1-6", our.algNone]],
    "test/jwt/verify.test.ts": [
      ["1", our.accepts],
      ["2,4", our.oneReading],
      ["3", our.secretSignatures],
      ["5", our.algorithmUnknown],
      ["6", our.typFits],
      ["7-9", our.issuerUnknown],
      ["10-12", our.audienceFits],
      ["13", our.conditions],
      ["14-15", our.expEdge],
      ["16", our.nbfEdge],
      ["17", our.expMissing],
      ["18", our.iatEdge],
      ["19-20", our.ageEdge],
      ["21-22", our.extensions],
      ["23", by("core/decide-order.test.ts", "is found first beside each later fault, and beside all of them")],
      ["24", our.requiredClaims],
      ["25", our.mistakes],
      ["26-27,29", our.durations],
      ["28", our.programming],
      ["30", by("core/token/decode.test.ts", "a byte that is never UTF-8")],
    ],
    "test/util/base64url.test.ts": [
      ["1-2", by("core/base64url.test.ts", "refuses every text but the one that an encoder writes")],
      ["3", by("core/base64url.test.ts", "decodes canonical text")],
      ["4", by("core/base64url.test.ts", "takes a text exactly when encoding its bytes gives the text back")],
    ],
    "test/util/decode_jwt.test.ts": [["1", our.segments]],
    "test/util/decode_protected_header.test.ts": [["1", our.segments]],
  },
};
