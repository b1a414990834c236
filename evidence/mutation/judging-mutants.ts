import type { MutatedFile } from "./mutant.ts";

const ATTACKS = ["test/attacks/decide.test.ts"];

const FIND_ISSUER =
  'typeof iss === "string" ? findIssuer(policy, iss) : undefined;\n  if (typeof iss !== "string" || !issuer) {';

/** What judges a request and its token: without any one of these, an attack of test/attacks gets through, or shows more than it may. */
export const JUDGING: readonly MutatedFile[] = [
  {
    file: "plugin/core/request/match.ts",
    killers: ATTACKS,
    mutants: [
      {
        name: "Connection may name any header",
        find: "if (facts.connection !== undefined && !hasOnlyConnectionOptions(facts.connection)) {",
        replace: "if (false) {",
      },
    ],
  },
  {
    file: "plugin/core/request/dot-segments.ts",
    killers: ["test/core/request/dot-segments.test.ts"],
    mutants: [
      { name: "paths are decoded once", find: "const MAX_ROUNDS = 6;", replace: "const MAX_ROUNDS = 1;" },
      { name: "overlong forms are other characters", find: ".replaceAll(OVERLONG, shorten)", replace: "" },
      {
        name: "look-alikes are other characters",
        find: "(mayHaveAlikes && readsAsDots(",
        replace: "(false && readsAsDots(",
      },
      {
        name: "look-alikes are other characters beside unusual escapes",
        find: " || readsAsDots(toCompatible(reading))",
        replace: "",
      },
      { name: "an unusual path is read at any length", find: "path.length > MAX_UNUSUAL_LENGTH || ", replace: "" },
      { name: "Kong lays no dots bare", find: "isBared || ", replace: "" },
      { name: "lost bytes are letters", find: " || (reading.includes(LOST) && isUnknown(reading))", replace: "" },
    ],
  },
  {
    file: "plugin/core/request/request-path.ts",
    killers: ATTACKS,
    mutants: [
      { name: "steps back are taken as they stand", find: "DOTS_OR_EMPTY.test(path) || ", replace: "" },
      { name: "slashes may stand together", find: "\\.{0,2}\\/", replace: "\\.{1,2}\\/" },
      { name: "any character may stand in a path", find: "UNUSUAL_CHARACTER.test(path) || ", replace: "" },
      { name: "any character may be encoded", find: " || MISLEADING_ESCAPE.test(path)", replace: "" },
      {
        name: "what is not UTF-8 stays encoded",
        find: "return undefined; // Escapes that are not UTF-8.",
        replace: "return segments;",
      },
    ],
  },
  {
    file: "plugin/core/token/extract.ts",
    killers: ATTACKS,
    mutants: [
      { name: "any scheme is Bearer", find: "/^bearer +/i", replace: "/^\\w+ +/i" },
      { name: "any white space may follow the scheme", find: "/^bearer +/i", replace: "/^bearer\\s+/i" },
      { name: "what follows the scheme is the token", find: "/^bearer +/i", replace: "/^bearer\\W*/i" },
      { name: "a long token is read", find: "token.length > maxTokenBytes", replace: "false" },
      { name: "two tokens are one", find: 'if (token.includes(",")) {', replace: "if (false) {" },
      { name: "any character may stand in a token", find: "return B64TOKEN.test(token) ? ", replace: "return true ? " },
    ],
  },
  {
    file: "plugin/core/token/decode.ts",
    killers: ATTACKS,
    mutants: [
      { name: "crit is passed over", find: '"crit" in header || ', replace: "" },
      { name: "b64 is passed over", find: ' || "b64" in header', replace: "" },
      { name: "enc is passed over", find: 'if ("enc" in header) {', replace: "if (false) {" },
      { name: "a fourth segment is passed over", find: "segments.length !== 3 || ", replace: "" },
      { name: "a signature may be empty", find: " || !signatureText", replace: "" },
      { name: "alg may be anything", find: 'if (typeof alg !== "string") {', replace: "if (false) {" },
      {
        name: "kid may be anything",
        find: 'if (kid !== undefined && typeof kid !== "string") {',
        replace: "if (false) {",
      },
      {
        name: "typ may be anything",
        find: 'if (typ !== undefined && typeof typ !== "string") {',
        replace: "if (false) {",
      },
      {
        name: "a signature may be written in several ways",
        find: "const signature = decodeBase64url(signatureText);",
        replace: 'const signature = Buffer.from(signatureText, "base64url");',
      },
      {
        name: "a payload may be written in several ways",
        find: "const payload = decodeBase64url(payloadText);",
        replace: 'const payload = Buffer.from(payloadText, "base64url");',
      },
      { name: "what is not UTF-8 is replaced", find: "fatal: true, ", replace: "" },
      { name: "a byte order mark is dropped", find: "ignoreBOM: true", replace: "ignoreBOM: false" },
    ],
  },
  {
    file: "plugin/core/text/base64url.ts",
    killers: ATTACKS,
    mutants: [
      {
        name: "bits that no byte holds may be anything",
        find: "return leftOver === 0 ? bytes : undefined;",
        replace: "return bytes;",
      },
      { name: "any length is decoded", find: "if (remainder === 1) {", replace: "if (false) {" },
      { name: "foreign characters are decoded", find: "if (sextet === INVALID) {", replace: "if (false) {" },
    ],
  },
  {
    file: "plugin/core/text/check-json.ts",
    killers: ["test/core/json.test.ts", ...ATTACKS],
    mutants: [
      {
        name: "the last of two members counts",
        find: "if (!knownNames.add(object, hash, start, this.#stringEnd)) {",
        replace: "if (false) {",
      },
      { name: "depth is not bounded", find: "if (depth >= MAX_JSON_DEPTH) {", replace: "if (false) {" },
      { name: "members are not counted", find: "if (this.#members > MAX_JSON_MEMBERS) {", replace: "if (false) {" },
      { name: "numbers may be infinite", find: "if (digits > MAX_SAFE_DIGITS && ", replace: "if (false && " },
      { name: "half a character is one", find: "if (isAfterHigh || !isWellFormed) {", replace: "if (false) {" },
      {
        name: "control characters may stand in a text",
        find: "} else if (!(code >= BLANK)) {",
        replace: "} else if (!(code >= 0)) {",
      },
      {
        name: "what is behind the value is passed over",
        find: "if (this.#position !== this.#text.length) {",
        replace: "if (false) {",
      },
      { name: "a list is an object", find: "return isObject ? this.#found", replace: "return true ? this.#found" },
      {
        name: "inner members are taken for those of the token",
        find: "if (depth === 1 && name !== undefined) {",
        replace: "if (name !== undefined) {",
      },
    ],
  },
  {
    file: "plugin/core/json.ts",
    killers: ["test/core/json.test.ts"],
    mutants: [
      {
        name: "the last of two members counts",
        find: 'return name in object ? refuse("duplicate member") : name;',
        replace: "return name;",
      },
      {
        name: "objects have a prototype",
        find: "const object: Record<string, JsonValue> = Object.create(null);",
        replace: "const object: Record<string, JsonValue> = {};",
      },
      { name: "depth is not bounded", find: "if (depth >= MAX_JSON_DEPTH) {", replace: "if (false) {" },
      { name: "members are not counted", find: "if (members > maxMembers) {", replace: "if (false) {" },
      { name: "numbers may be infinite", find: "if (!Number.isFinite(value)) {", replace: "if (false) {" },
      { name: "half a character is one", find: "value.isWellFormed() ? value : ", replace: "true ? value : " },
      { name: "control characters may stand in a text", find: " || code < BLANK", replace: "" },
      {
        name: "what is behind the value is passed over",
        find: "return position === text.length ? value",
        replace: "return true ? value",
      },
      { name: "a list is an object", find: 'typeof value === "object" && value !== null && !Array', replace: "!Array" },
    ],
  },
  {
    file: "plugin/core/token/key.ts",
    killers: ATTACKS,
    mutants: [
      {
        name: "what turns into the issuer's name is its name",
        find: `const issuer = ${FIND_ISSUER}`,
        replace: "const issuer = findIssuer(policy, String(iss));\n  if (!issuer) {",
      },
      {
        name: "a name that begins with the issuer's is its name",
        find: `const issuer = ${FIND_ISSUER}`,
        replace:
          "const issuer = [...policy.issuers.values()].find((each) => String(iss).startsWith(each.issuer));\n  if (!issuer) {",
      },
      {
        name: "every tenant passes",
        find: "issuer.template?.tenants?.has(tenantOf(issuer.template, iss)) === false",
        replace: "false",
      },
      {
        name: "a tenant's key serves other tenants",
        find: "onlyFor !== undefined && onlyFor !== iss",
        replace: "false",
      },
      {
        name: "every rule accepts every issuer",
        find: "if (!requirements.accept.has(issuer.id)) {",
        replace: "if (false) {",
      },
      {
        name: "the issuer's algorithms do not count",
        find: "if (!issuer.algorithms.has(joseHeader.alg)) {",
        replace: "if (false) {",
      },
    ],
  },
  {
    file: "plugin/core/model/issuer-template.ts",
    killers: ATTACKS,
    mutants: [{ name: "a tenant may have any characters", find: "/^[A-Za-z0-9_-]{1,128}$/", replace: "/^[^{}]+$/" }],
  },
  {
    file: "plugin/core/token/key.ts",
    killers: ["test/core/token/key.test.ts"],
    mutants: [
      {
        name: "another issuer's key is used",
        find: "lookup.found.issuer === issuer.issuer && ",
        replace: "",
      },
      {
        name: "a key of another algorithm is used",
        find: " && lookup.found.algorithm === joseHeader.alg",
        replace: "",
      },
    ],
  },
  {
    file: "plugin/core/token/verify.ts",
    killers: ATTACKS,
    mutants: [{ name: "every signature holds", find: "if (check === true) {", replace: "if (true) {" }],
  },
  {
    file: "plugin/keys/rules/jwk.ts",
    killers: ATTACKS,
    mutants: [
      {
        name: "private members do not matter",
        find: "return PRIVATE_MEMBERS.find((member) => member in jwk);",
        replace: "return undefined;",
      },
      { name: "use does not matter", find: '(use === undefined || use === "sig") &&', replace: "" },
      {
        name: "a key's own alg does not matter",
        find: ".filter((algorithm) => algorithm === alg)",
        replace: "",
      },
    ],
  },
  {
    file: "plugin/keys/import/import-key-set.ts",
    killers: ATTACKS,
    mutants: [
      { name: "weak keys are used", find: "if (weakness !== undefined) {", replace: "if (false) {" },
      { name: "RSA keys are not looked at", find: "findRsaWeakness(publicKey) ?? ", replace: "" },
      { name: "Ed25519 keys are not looked at", find: " ?? findEd25519Weakness(publicKey)", replace: "" },
      {
        name: "a key without alg serves PSS",
        find: "?? first;\n  const others",
        replace: "&& allowed.at(-1) as string;\n  const others",
      },
      {
        name: "a leaked key is only left out",
        find: "      found.leakedThumbprints.push(...(await findLeakedThumbprints(jwk)));\n",
        replace: "",
      },
    ],
  },
  {
    file: "plugin/keys/import/select-key.ts",
    killers: ATTACKS,
    mutants: [
      {
        name: "without kid the first key is used",
        find: "return named.length + nameless.length === 1 ?",
        replace: "return named.length + nameless.length >= 1 ?",
      },
      {
        name: "an unknown kid gets the first key",
        find: "(named.length === 0 && nameless.length === 1 ? nameless[0] : undefined)",
        replace: "named[0]",
      },
    ],
  },
  {
    file: "plugin/keys/life/key-set.ts",
    killers: ATTACKS,
    mutants: [{ name: "every unknown kid is a fetch", find: "canChange && isDue ?", replace: "canChange ?" }],
  },
  {
    file: "plugin/keys/verify/verification-key.ts",
    killers: ATTACKS,
    mutants: [
      { name: "a signature may have any length", find: "signature.byteLength === signatureBytes && ", replace: "" },
      { name: "a salt may have any length", find: "RSA_PSS_SALTLEN_DIGEST", replace: "RSA_PSS_SALTLEN_AUTO" },
      {
        name: "a part of the HMAC is enough",
        find: "signature.byteLength === expected.byteLength && timingSafeEqual(signature, expected)",
        replace: "timingSafeEqual(signature, expected.subarray(0, signature.byteLength))",
      },
    ],
  },
  {
    file: "plugin/runtime/verified-tokens.ts",
    killers: ATTACKS,
    mutants: [
      {
        name: "a signature that held once holds for every text",
        find: " && Buffer.compare(known.signingInput, signingInput) === 0",
        replace: "",
      },
    ],
  },
  {
    file: "plugin/core/access/claims.ts",
    killers: ATTACKS,
    mutants: [
      {
        name: "typ does not matter",
        find: "issuer.tokenType !== undefined && normalize",
        replace: "false && normalize",
      },
      { name: "nbf does not matter", find: 'typeof nbf === "number" && nowSeconds', replace: "false && nowSeconds" },
      { name: "exp does not matter", find: 'typeof exp === "number" && nowSeconds', replace: "false && nowSeconds" },
      {
        name: "exp holds a second longer",
        find: "nowSeconds - skew >= exp",
        replace: "nowSeconds - skew > Number(exp)",
      },
      { name: "exp may be absent", find: "if (claims.exp === undefined) {", replace: "if (false) {" },
      {
        name: "required claims may be absent",
        find: "for (const { claim } of conditions) {",
        replace: "for (const { claim } of [] as typeof conditions) {",
      },
      {
        name: "an issuer's conditions do not hold",
        find: "for (const condition of conditions) {",
        replace: "for (const condition of [] as typeof conditions) {",
      },
      {
        name: "times may be anything",
        find: "if (value !== undefined && !isNumericDate(value)) {",
        replace: "if (false) {",
      },
      {
        name: "times may lie in the year 10000",
        find: "time >= 0 && time <= MAX_NUMERIC_DATE;",
        replace: "time >= 0;",
      },
      {
        name: "the tenant's claim does not matter",
        find: "template && readClaim(claims, tenant) !== tenantOf(template, String(claims.iss))",
        replace: "false",
      },
      {
        name: "iat may be after exp",
        find: "toSeconds(iat) > toSeconds(exp)",
        replace: "false",
      },
    ],
  },
  {
    file: "plugin/core/access/registered-claims.ts",
    killers: ATTACKS,
    mutants: [
      { name: "sub may be anything", find: '["sub", STRING],', replace: "" },
      { name: "client_id may be anything", find: '["client_id", STRING],', replace: "" },
      { name: "scope may be anything", find: '["scope", STRING_OR_STRINGS],', replace: "" },
      {
        name: "an access token's claims may be anything",
        find: "type === ACCESS_TOKEN_TYPE ?",
        replace: "type === undefined ?",
      },
    ],
  },
  {
    file: "plugin/core/access/alternatives.ts",
    killers: ATTACKS,
    mutants: [
      {
        name: "aud does not matter",
        find: " && hasAudience(readClaim(claims, issuer.audience), audiences ?? issuer.audiences)",
        replace: "",
      },
      {
        name: "anything may stand beside the audience",
        find: 'audiences.every((audience) => typeof audience === "string") && ',
        replace: "",
      },
    ],
  },
  {
    file: "plugin/core/access/authorize.ts",
    killers: ATTACKS,
    mutants: [
      {
        name: "one scope is enough",
        find: "if (unmet.length > 0) {",
        replace: "if (unmet.length > 0 && unmet.length === allOf.length) {",
      },
      { name: "any white space parts scopes", find: 'value.split(" ")', replace: "value.split(/\\s/)" },
      { name: "a comma parts scopes", find: 'value.split(" ")', replace: "value.split(/[ ,]/)" },
      {
        name: "names of a list are parted again",
        find: 'list.every((item) => typeof item === "string") ? new Set(list)',
        replace: 'true ? new Set(list.flatMap((item) => String(item).split(" ")))',
      },
      {
        name: "who cannot be read is not excluded",
        find: "noneOf.length > 0 ? ",
        replace: "false ? ",
      },
      { name: "a role may be parted", find: "? [value] : value", replace: "? value.split(/[ ,]/) : value" },
      {
        name: "any acr will do",
        find: "acrValues.length > 0 && !acrValues.some(",
        replace: "false && !acrValues.some(",
      },
      {
        name: "the user may have been authenticated in the future",
        find: " && nowSeconds + clockSkewSeconds >= loginTime",
        replace: "",
      },
    ],
  },
  {
    file: "plugin/core/access/condition.ts",
    killers: ATTACKS,
    mutants: [
      {
        name: "what turns into the value is the value",
        find: "return value === test.value;",
        replace: "return String(value) === String(test.value);",
      },
      {
        name: "a text is a number",
        find: 'typeof value === "number" && value >= test.bound',
        replace: "Number(value) >= test.bound",
      },
      {
        name: "a number is rounded to the bound",
        find: "value.rounded > test.bound",
        replace: "value.rounded >= test.bound",
      },
      {
        name: "any segment of the path will do",
        find: "value === segments[test.segment]",
        replace: "segments.includes(String(value))",
      },
      { name: "texts of any length are matched", find: "value.length <= MAX_MATCHED_LENGTH && ", replace: "" },
    ],
  },
  {
    file: "plugin/core/upstream/propagate.ts",
    killers: ATTACKS,
    mutants: [
      { name: "any text is safe in a header", find: " && HEADER_SAFE.test(text);", replace: ";" },
      { name: "a header may be of any length", find: " && text.length <= maxBytes && HEADER", replace: " && HEADER" },
      {
        name: "a comma may stand in an element",
        find: "items.some((item) => item.includes(separator)) || ",
        replace: "",
      },
      {
        name: "an element may have blanks at its ends",
        find: "!items.every((item) => isSafe(item, maxBytes))",
        replace: "items.includes(undefined)",
      },
      {
        name: "large numbers are rounded",
        find: "Number.isSafeInteger(value) ? String",
        replace: "Number.isFinite(value) ? String",
      },
      { name: "what the client sent stays", find: "removeHeaders(clearedHeaders)", replace: "{}" },
    ],
  },
  {
    file: "plugin/kong/calls/create-exit.ts",
    killers: ATTACKS,
    mutants: [
      {
        name: "the client learns the detail",
        find: "renderAnswer(answer, reply)",
        replace: "renderAnswer({ ...answer, text: denial.detail ?? answer.text }, reply)",
      },
      { name: "the client gets no challenge", find: "challenge === undefined ? {} : ", replace: "true ? {} : " },
    ],
  },
  {
    file: "plugin/observe/decision-log.ts",
    killers: ATTACKS,
    mutants: [
      { name: "the log has the kid as it came", find: '.replaceAll(/[^A-Za-z0-9._~:/+=@-]/g, "?")', replace: "" },
      { name: "a kid may be of any length in the log", find: ".slice(0, MAX_KID_LENGTH)", replace: "" },
    ],
  },
];
