import { AUDIENCE, ISSUER, NOW } from "../../../test/core/fixtures.ts";
import type { Vocabulary } from "../mutate/mutate-json.ts";

/**
 * Words that have a meaning for the reader of a token. They are values at every limit, and parts of known attacks on
 * other readers.
 */

const quoted = (...texts: readonly string[]): readonly string[] => texts.map((text) => JSON.stringify(text));

const ALGORITHMS = [
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
];
const KIDS = [
  ...["es256", "lone", "es384", "es512", "eddsa", "ed25519", "rs256", "rs384", "rs512", "ps256", "ps384", "ps512"],
  ...["secret", "tenant"],
];

const ANY_VALUES = [
  ...["null", "true", "false", "0", "-0", "-1", "1e400", "-1e400", "1e-400", "01", "1.", "+1", "NaN", "0x10", "''", ""],
  ...["9007199254740993", "7.00000000000000000001", "5.0000000000000000001", "{}", "[]", '{"a":{}}'],
  ...['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"__proto__":{"sub":"x"}}'],
  ...['"\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"\\r\\nx-user-id: root"', '"\u00e9"', '"\ufeff"', '"\\x"', '"\t"'],
  `[${"0,".repeat(1015)}0]`,
  `[${"[],".repeat(1023)}[]]`,
  JSON.stringify("a".repeat(4096)),
  JSON.stringify("a".repeat(4097)),
];

const times = (...seconds: readonly number[]): readonly string[] => seconds.map((second) => String(NOW + second));
const TIMES = [
  ...times(
    -3631,
    -3630,
    -3600,
    -601,
    -330,
    -301,
    -300,
    -31,
    -30,
    -29,
    -1,
    0,
    1,
    29,
    30,
    31,
    299,
    300,
    301,
    590,
    600,
    601,
  ),
  ...[`${NOW}.5`, `${NOW - 30}.25`, `${NOW}e0`, `${NOW}000`, "1.8e9", "253402300799", "253402300800", `"${NOW}"`],
];
const SCOPES = [
  ...quoted(
    "read",
    "write",
    "read write",
    "write read",
    "read  write",
    "readwrite",
    "READ",
    " read",
    "read\twrite",
    "",
  ),
  ...['["read"]', '["read","write"]', '["read write"]', '["read",1]', '{"read":true}'],
];

export const HEADER_VOCABULARY: Vocabulary = {
  values: {
    alg: quoted(
      ...ALGORITHMS,
      "none",
      "None",
      "HS256",
      "HS384",
      "HS512",
      "es256",
      "ES256K",
      "RSA-OAEP",
      "constructor",
      "__proto__",
      "",
    ),
    kid: quoted(...KIDS, "ES256 any", "any", "__proto__", "../../dev/null", "x' or '1'='1", "", "\u0000", "k\u00e9y"),
    typ: quoted(
      "at+jwt",
      "AT+JWT",
      "application/at+jwt",
      "JWT",
      "jwt",
      "application/",
      "application/application/jwt",
      "any",
    ),
    cty: quoted("JWT"),
    crit: ['["exp"]', "[]", '["b64"]', "null"],
    b64: ["false", "true"],
    enc: quoted("A256GCM"),
    zip: quoted("DEF"),
    jku: quoted("https://evil.example/jwks"),
    jwk: ['{"kty":"oct","k":"AA"}'],
    x5c: ['["AA=="]'],
  },
  anyValues: ANY_VALUES,
};

export const CLAIMS_VOCABULARY: Vocabulary = {
  values: {
    iss: quoted(
      ISSUER,
      "partner",
      "https://idp.example/t1/v2",
      "https://idp.example/t2/v2",
      "https://idp.example/t3/v2",
      "https://idp.example/{tenant}/v2",
      "https://idp.example/t1/v2/",
      "https://idp.example/T1/v2",
      `${ISSUER}/`,
      ISSUER.toUpperCase(),
      "acme",
      "",
    ),
    tid: quoted("t1", "t2", "t3", ""),
    aud: [...quoted(AUDIENCE, "both", "app", "other", `${AUDIENCE}/`), `["x","${AUDIENCE}"]`, `["${AUDIENCE}",1]`],
    client_id: quoted("app", "other", AUDIENCE),
    exp: TIMES,
    nbf: TIMES,
    iat: TIMES,
    sub: [...quoted("alice", "a,b", " alice", "alice ", "al ice", "alic\u00e9", ""), "1", "true", "9007199254740991"],
    jti: [...quoted("1"), "1"],
    scope: SCOPES,
    scp: SCOPES,
    groups: [...quoted("a", "banned"), '["a"]', '["b"]', '["a",1]', "[]"],
    roles: [...quoted("a", "c"), '["a"]'],
    level: ["2", "5", "1.999", "5.001", "2e0", '"3"', "-0", "[3]"],
    tags: ['["x"]', '["x",false]', '[1,false,"x"]', '["x","false"]', '"x"'],
    more: ['[{"roles":["a"]}]', '[{"roles":["banned"]},7]', '{"roles":["a"]}', '"a"', "[]", "null"],
    _claim_names: ['{"realm":"s"}', '{"tags":"s","more":"s"}', '{"groups":"s"}', "{}", '"tags"'],
    acr: quoted("gold", "GOLD", "silver"),
    amr: ['["otp"]', '["pwd"]', '["otp",1]', '"otp"'],
    auth_time: TIMES,
    realm: [
      '{"id":7,"roles":["c"]}',
      '{"id":true,"roles":["a","banned"]}',
      '{"id":"7","roles":["a",1]}',
      ...SCOPES.map((scopes) => `{"id":"r","roles":["a","b"],"scopes":${scopes}}`),
      ...[
        '{"id":"r","roles":["a,b"]}',
        '{"id":"r","roles":[]}',
        '{"id":null}',
        '{"id":"r","roles":"a"}',
        '[{"id":"r"}]',
      ],
    ],
    "https://example.com/tenant": [...quoted("t1", "", "t\u0000"), "7", "7.5", "true", "false", "null", "{}"],
    constructor: quoted("x"),
    ["__proto__"]: ['{"exp":9e9}'],
  },
  anyValues: ANY_VALUES,
};

/** Texts before the token, and texts instead of the token. */
export const SCHEMES = [
  ...["Bearer ", "bearer ", "BEARER   ", "Bearer", "Bearer\t", "Basic ", " Bearer ", "", "Bearer Bearer "],
  "bearer:",
];
export const TOKEN_PIECES = [
  ...[".", "..", ",", ", Bearer ", "=", "==", " ", "+", "/", "%2E", "\0", "\u00e9", "A", "_w", "e30"],
  "eyJhbGciOiJub25lIn0",
];
export const CONNECTIONS = [
  "close",
  "keep-alive",
  "Upgrade, close",
  "x-user-id",
  "close, x-user-id",
  ",",
  "",
  "TE ,",
  "\u212aeep-alive",
];
export const METHODS = ["GET", "HEAD", "POST", "PUT", "get", "DELETE", ""];
export const TARGETS = [
  "/",
  "/a/b",
  "/a/c",
  "/a/alice",
  "/a",
  "/a/",
  "/a//b",
  "/a/../b",
  "/%61/b",
  "/a/%2e",
  "/a/b;c",
  "/a/b?c=/d",
  "*",
  "/a/%C3%A9",
  "/a/%ff",
  `/a${"/b".repeat(40)}`,
];
export const PATH_PIECES = [
  "/",
  "//",
  "..",
  "/.",
  "%2F",
  "%2f",
  "%5c",
  "%00",
  "%C3",
  "%a9",
  "%",
  ";",
  "?",
  "#",
  "\\",
  "a",
  "b",
  "\u00e9",
];
