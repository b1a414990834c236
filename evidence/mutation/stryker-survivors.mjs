const ONLY_TIME = "it only saves time: the longer way has the same result";
const ONLY_MEMORY = "it only saves memory: a remembered value is the same as a new one";
const DEFECT = "the two readers of JSON agree on every text, so only a defect of the plugin could come here";
const ONLY_TYPES = "only the types need the check: no value of the other kind comes here, or it has no effect";
const WRITTEN_FIRST = "every member is written before it is read";
const BEHIND_THE_END = "behind the end of a name or a text, there is no character that a name has";
const NO_MESSAGE = "messages of errors are never shown, because they may quote the text that was read";

/**
 * Several mutants of one file that survive for the same reason.
 *
 * @param mutants the replacements on each line.
 */
const explain = (file, because, mutants) =>
  Object.entries(mutants).flatMap(([line, replacements]) =>
    replacements.map((replacement) => ({ file, line, replacement, because })),
  );

/**
 * Mutants that no test can distinguish from the original, and why. `line` and `replacement` are the texts that `npm run
 * test:stryker` prints.
 */
export const SURVIVORS = [
  ...explain("plugin/core/request/dot-segments.ts", ONLY_TIME, {
    "const LIGATURES = /[\\ufb50-\\ufdff]+/g;": ["/[\\ufb50-\\ufdff]/g"],
    "return mayHaveAlikes || (text !== path && hasDots(text, hasEncodedSlash ? KINDS_DECODED : KINDS_AS_SENT));": [
      "true",
    ],
    "if (!mayHaveAlikes && !hasEncodedSlash) {": ["false", "{}"],
    "if (readsAsDots(reading) || (compatible !== reading && readsAsDots(compatible))) {": ["true"],
    'if (!reading.includes(".") && !reading.includes(LOST)) {': ["false", '""', "{}"],
    'if (!bytes.includes("%")) {': ["false", '""', "{}"],
    "if (!/[\\x80-\\xff]/.test(bytes)) {": ["false", "{}", "/[^\\x80-\\xff]/"],
  }),
  ...explain("plugin/core/request/dot-segments.ts", ONLY_TYPES, {
    "return text === undefined || /[%\\x7f\\ufffd]/.test(text) ? undefined : text;": ["false"],
  }),
  ...explain("plugin/core/request/choose-operation.ts", ONLY_TIME, {
    'return segments.some(({ kind }) => kind === "affixed")': ["true"],
  }),
  ...explain("plugin/core/request/match-rule.ts", "no operation has the method undefined", {
    "const asked = preflight === undefined ? own : chooseOperation(rule.operations, preflight, target, segments);": [
      "false",
    ],
  }),
  ...explain("plugin/core/request/match-rule.ts", "a text has no mode", {
    "const modes = [...rules.values()].map((rule) => strictestMode(rule.requirements, rule.operations?.values ?? []));":
      ['["Stryker was here"]'],
  }),
  ...explain("plugin/core/request/match-rule.ts", ONLY_TYPES, {
    'const field = options.find((option) => !CONNECTION_OPTION.test(option)) ?? "";': ['"Stryker was here!"'],
  }),
  ...explain("plugin/core/request/operation-tree.ts", ONLY_TYPES, {
    'if (segments.at(-1)?.kind === "subtree") {': ["segments.at(-1).kind"],
  }),
  ...explain("plugin/core/request/path-spellings.ts", ONLY_TIME, {
    "const ASCII = /^[\\0-\\x7f]*$/;": ["/^[\\0-\\x7f]$/"],
    "if (ASCII.test(text)) {": ["false", "{}"],
  }),
  ...explain("plugin/core/request/path-spellings.ts", ONLY_TYPES, {
    'const endsWithSlash = segments.length > 1 && last?.kind === "literal" && last.text === "";': ["true", "last.kind"],
    'const last = trimmed.at(-1) ?? "";': ['"Stryker was here!"'],
  }),
  ...explain("plugin/core/request/path-spellings.ts", "two spellings of one path differ in more than slashes", {
    'return [...new Map(spellings.map((spelling) => [spelling.join("/"), spelling])).values()];': ['""'],
  }),
  ...explain("plugin/core/request/request-path.ts", "an escape of one digit cannot be decoded", {
    "const MISLEADING_ESCAPE = /%(?:[01][0-9a-f]|25|2e|2f|3b|5c|7f|(?![0-9a-f]{2}))/i;": [
      "/%(?:[01][0-9a-f]|25|2e|2f|3b|5c|7f|(?![0-9a-f]))/i",
    ],
  }),
  ...explain("plugin/core/text/decode.ts", ONLY_TIME, {
    'return text.includes("%") ? decodeQuietly(decodeURIComponent, text) : text;': ['""'],
  }),
  ...explain("plugin/core/request/specificity.ts", ONLY_TYPES, {
    'return next !== undefined && !(next.kind === "literal" && next.text === "");': ["true"],
  }),
  ...explain("plugin/core/token/check-source.ts", ONLY_TYPES, {
    'detail: `tokens of issuer "${entries[0]?.id}" may not come in ${describeSource(source)}`,': ["entries[0].id"],
  }),
  ...explain("plugin/core/token/extract-token.ts", ONLY_TYPES, {
    "if (known !== undefined && expected.includes(known)) {": ["true"],
    'const bare = source.from === "authorization" && source.allowsBare ? ", or a token without a scheme" : "";': [
      "true",
    ],
    'if (source.from !== "header" || !source.scheme) {': ["false"],
  }),
  ...explain("plugin/core/token/extract-token.ts", "the text to which it is applied begins with a space", {
    "const SPACES = /^ +/;": ["/ +/"],
  }),
  ...explain("plugin/core/token/decode-token.ts", ONLY_TIME, {
    "const mayBeKnown = segment.length <= MAX_KNOWN_LENGTH;": [
      ...["true", "false", "segment.length < MAX_KNOWN_LENGTH", "segment.length > MAX_KNOWN_LENGTH"],
    ],
    "if (known) {": ["false", "{}"],
    "if (header.ok && mayBeKnown) {": ["true", "false", "header.ok || mayBeKnown", "{}"],
  }),
  ...explain("plugin/core/token/decode-token.ts", ONLY_MEMORY, {
    "if (knownHeaders.size >= MAX_KNOWN_HEADERS) {": [
      ...["true", "false", "knownHeaders.size > MAX_KNOWN_HEADERS", "knownHeaders.size < MAX_KNOWN_HEADERS", "{}"],
    ],
  }),
  ...explain("plugin/core/token/decode-token.ts", DEFECT, {
    "if (!claims.ok) {": ["false", "{}"],
    "throw new Error(`the claims were well-formed when the token was decoded, but are refused now: ${claims.failure}`);":
      ["``"],
  }),
  {
    file: "plugin/core/text/decode.ts",
    line: "} catch {",
    replacement: "{}",
    because: "a function that ends returns undefined, too",
  },
  {
    file: "plugin/core/request/dot-segments.ts",
    line: "for (let index = 0; index < bytes.length; index += 1) {",
    replacement: "index <= bytes.length",
    because: "an array of bytes ignores a value after its end",
  },
  {
    file: "plugin/core/request/origin.ts",
    line: "if (origin !== undefined && source.allowedOrigins.has(origin)) {",
    replacement: "true",
    because: "no set of texts has undefined in it; the check is for the types",
  },
  {
    file: "plugin/core/text/decode.ts",
    line: 'const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });',
    replacement: '""',
    because: "it throws when the module loads, and Stryker takes tests that never ran for passed",
  },
  ...explain("plugin/core/access/authorize.ts", ONLY_TYPES, {
    "const isOther = alternatives[index]?.accept.has(issuer.id) === false;": ["alternatives[index].accept"],
  }),
  ...explain("plugin/core/access/authorize.ts", "no required name is almost this one", {
    "for (const name of [...(names ?? [])].slice(0, MAX_COMPARED_NAMES)) {": ['["Stryker was here"]'],
  }),
  ...explain("plugin/core/access/condition.ts", "a value of the same type with the same text meets the test", {
    'const isAlike = typeof value !== typeof wanted && typeof value !== "object" && String(value) === String(wanted);':
      ["true"],
  }),
  ...explain("plugin/core/access/condition.ts", ONLY_TYPES, {
    'return typeof value === "string" && typeof wanted === "string" ? andNearMiss(value, [wanted]) : "";': ["true"],
  }),
  ...explain("plugin/core/access/condition.ts", "a function that ends returns undefined, which is as good as false", {
    'case "equals_path":': ['""'],
    'case "equals_header":': [
      '""',
      'case "equals_header": // The client chooses the path and the headers, so the compiler rejects `not` with these tests.',
    ],
  }),
  ...explain("plugin/core/access/find-validity.ts", "without a largest age, the sum is NaN and narrows nothing", {
    "if (maxAge !== undefined) {": ["true"],
  }),
  ...explain("plugin/core/access/find-validity.ts", "at the edge itself, the span is empty on either side", {
    "if (edge > nowSeconds) {": ["edge >= nowSeconds"],
  }),
  ...explain("plugin/core/access/numeric-subject.ts", ONLY_TYPES, { 'typeof sub !== "number" ||': ["false"] }),
  ...explain(
    "plugin/core/access/validate-claims.ts",
    "it only saves time: no other entry passes more checks than all",
    {
      "if (outcome.ok) {": ["false", "{}"],
    },
  ),
  ...explain("plugin/core/access/validate-claims.ts", ONLY_TYPES, {
    "if (tokenTypes === undefined || (type !== undefined && tokenTypes.has(type))) {": ["true"],
    'if (typeof nbf === "number" && nowSeconds + skew < nbf) {': ["true"],
    'if (typeof iat === "number" && nowSeconds + skew < iat) {': ["true"],
    'if (typeof exp === "number" && nowSeconds - skew >= exp) {': ["true"],
    'return typeof iat === "number" && nowSeconds - skew >= iat + maxAge': ["true"],
  }),
  ...explain("plugin/core/access/validate-claims.ts", "neither name is the name of a secret", {
    '? `cnf is not an object: it is ${showValue("cnf", cnf)}`': ['""'],
  }),
  ...explain("plugin/core/access/validate-claims.ts", "ten seconds are the same text in both ways", {
    "return String(seconds < 10 ? Math.round(seconds * 1000) / 1000 : Math.round(seconds));": ["seconds <= 10"],
  }),
  ...explain("plugin/core/answer/protected-resource.ts", "a function that ends returns undefined", {
    "default:": ["default:"],
  }),
  ...explain(
    "plugin/core/detail/describe-claim.ts",
    "the whole path leads to nothing; a longer one is the whole path",
    {
      "for (let length = path.length - 1; length > 0; length -= 1) {": ["path.length + 1"],
    },
  ),
  ...explain("plugin/core/detail/quote-value.ts", "an @ is not where the slashes are", {
    "const host = at > slashes ? `${text.slice(0, slashes + 2)}...@${text.slice(at + 1)}` : text;": ["at >= slashes"],
  }),
  ...explain(
    "plugin/core/json/check-json.ts",
    "no test can see the secret seed, or find two names with the same hash",
    {
      "const knownNames = new NameTable(Math.floor(Math.random() * SEEDS));": ["Math.random() / SEEDS"],
      "if (wanted.hash === hash && knownNames.read(start, end) === wanted.name) {": [
        ...["true", "wanted.hash === hash || knownNames.read(start, end) === wanted.name"],
      ],
    },
  ),
  ...explain("plugin/core/json/check-json.ts", "the numbers of objects must only differ", {
    "this.#objects += 1;": ["this.#objects -= 1"],
  }),
  ...explain("plugin/core/json/check-json.ts", "a blank is a plain character, and is never read as a special one", {
    "if (!(code >= BLANK)) {": ["code > BLANK"],
    'throw jsonError(code < BLANK ? "control character in a string" : "ends inside a string");': ["code <= BLANK"],
  }),
  ...explain("plugin/core/json/check-json.ts", ONLY_TIME, {
    "while (code <= BLANK && isWhitespace(code)) {": ["true"],
    "if (depth === 1 && (this.#wanted.bits & bitOf(hash)) !== 0) {": ["true"],
    "if (isPlain(code)) {": ["false"],
    "function isPlain(code: number): boolean {": ["{}"],
    "return code >= BLANK && code < FIRST_SURROGATE && code !== BACKSLASH;": ["false", "code > BLANK"],
    "const digits = integerEnd - integerStart + readExponent(text, fractionEnd, end);": ["integerEnd + integerStart"],
    "if (digits > MAX_SAFE_DIGITS && !Number.isFinite(Number(text.slice(start, end)))) {": [
      ...["true", "digits >= MAX_SAFE_DIGITS"],
    ],
    "for (let position = start + 1; position < end; position += 1) {": ["start - 1"],
    "exponent = code === PLUS ? 0 : exponent * 10 + code - ZERO;": ["exponent * 10 + code + ZERO"],
  }),
  ...explain("plugin/core/json/exact-number.ts", "the text is a decimal number", {
    "const DECIMAL = /^[-+]?(\\d*)(?:\\.(\\d*))?(?:[eE]([-+]?\\d+))?$/;": [
      "/[-+]?(\\d*)(?:\\.(\\d*))?(?:[eE]([-+]?\\d+))?$/",
      "/^[-+]?(\\d*)(?:\\.(\\d*))?(?:[eE]([-+]?\\d+))?/",
    ],
    'const [, whole = "", fraction = "", exponent = "0"] = DECIMAL.exec(text) ?? [];': [
      ...['"Stryker was here!"', '""', '["Stryker was here"]'],
    ],
  }),
  ...explain("plugin/core/json/exact-number.ts", ONLY_TIME, {
    "if (text.length <= ALWAYS_EXACT_LENGTH && !/[eE]/.test(text)) {": [
      ...["false", "text.length < ALWAYS_EXACT_LENGTH", "/[^eE]/", "{}"],
    ],
  }),
  ...explain("plugin/core/json/exact-number.ts", "all zeros have the same text, whichever text it is", {
    '? "0"': ['""'],
  }),
  ...explain("plugin/core/json/json.ts", ONLY_TIME, { "if (text.charCodeAt(position) <= BLANK) {": ["true"] }),
  ...explain("plugin/core/json/json.ts", "behind the end of the text, too, there is no quote", {
    "for (; position < text.length; position += 1) {": ["position <= text.length"],
  }),
  ...explain("plugin/core/json/name-table.ts", ONLY_TIME, {
    "if (this.#next > NUMBERS - ENTRIES) {": ["true", "this.#next >= NUMBERS - ENTRIES"],
    "let slot = Math.imul(hash + Math.imul(object, SPREAD), this.seed) >>> (INT_BITS - SLOT_BITS);": [
      "hash - Math.imul(object, SPREAD)",
    ],
    'return text.includes("\\\\") ? JSON.parse(`"${text}"`) : text;': ['""'],
    "this.#hashes[entry] === hash &&": ["true"],
  }),
  ...explain("plugin/core/model/issuer-template.ts", ONLY_TIME, {
    "return issuer.otherEntries.length === 0 ? [issuer] : [issuer, ...issuer.otherEntries];": ["false"],
  }),
  ...explain("plugin/core/model/caller.ts", "an absent member is the same as undefined", {
    "export const NO_CALLER: CallerIdentity = { consumer: undefined, credentialId: undefined, groups: undefined };": [
      "{}",
    ],
  }),
  ...explain("plugin/core/model/key.ts", 'any failure but "overloaded" is an invalid signature', {
    'export const SIGNATURE_INVALID: SignatureCheck = fail("invalid");': ['""'],
  }),
  ...explain("plugin/core/model/token.ts", "undefined is as good as false", {
    "export const NO_REFUSALS: TokenRefusals = { isRefused: () => false };": ["() => undefined"],
  }),
  ...explain("plugin/core/model/claim-reference.ts", ONLY_TYPES, {
    'const [first = ""] = path;': ['"Stryker was here!"'],
  }),
  ...explain("plugin/core/model/claim-reference.ts", "a claim that is there has no obstacle, nor has null", {
    "if ((value !== undefined && value !== null) || (value === undefined && findObstacle(claims, claim))) {": ["true"],
    "if (!list || (value === undefined && findObstacle(claims, claim))) {": ["true"],
  }),
  ...explain("plugin/core/upstream/describe-unsafe.ts", ONLY_TYPES, {
    'return `claim "${claim?.text}" for header ${header}: ${why}`;': ["claim.text"],
    'return explainScalar(mapping, texts[unsafe] ?? "", `element ${unsafe + 1} of its list`);': ['"Stryker was here!"'],
    'return `${what} ${findFault(mapping, String(value)) ?? "cannot be sent"}`;': ['""'],
  }),
  ...explain("plugin/core/text/cookies.ts", BEHIND_THE_END, {
    "for (; position < header.length; position += 1) {": ["position <= header.length"],
    "while (position < header.length && header.charCodeAt(position) !== SEMICOLON) {": ["position <= header.length"],
    "while (position < text.length) {": ["position <= text.length"],
  }),
  ...explain("plugin/core/text/folded-name.ts", ONLY_TIME, {
    "const NOT_VISIBLE = /[^\\x21-\\x7e]+/g;": ["/[^\\x21-\\x7e]/g"],
    "if (text.length < name.length) {": ["false", "{}"],
    "if (decoded === reading) {": ["false", "{}"],
  }),
  ...explain("plugin/core/text/folded-name.ts", BEHIND_THE_END, {
    "for (let position = start; position < end && matched < name.length; position += 1) {": ["true", "position <= end"],
    "while (position < name.length && isJoint(name.charCodeAt(position))) {": ["true", "position <= name.length"],
    "for (let position = start; position < text.length && text.charCodeAt(position) !== 0; position += 1) {": [
      "position <= text.length",
    ],
    "while (start < text.length && text.charCodeAt(start) !== 0 && !isVisible(text.charCodeAt(start))) {": [
      ...["true", "start <= text.length"],
    ],
  }),
  ...explain("plugin/core/text/ip-network.ts", ONLY_TYPES, {
    'const [address = "", length, ...rest] = text.split("/");': ['"Stryker was here!"'],
    "part = (part < 0 ? 0 : part * 10) + code - 48;": ["part <= 0"],
  }),
  ...explain("plugin/core/text/ip-network.ts", ONLY_TIME, {
    'const ipv4 = group.includes(".") ? parseIpv4(group) : undefined;': ['""'],
    "return bits <= 0 ? 0 : bits >= 32 ? -1 : -1 << (32 - bits);": ["bits > 32"],
  }),
  ...explain("plugin/core/text/query.ts", ONLY_TIME, {
    "for (let start = 0; start < query.length; ) {": ["start <= query.length"],
    "if (isNamed || findSuspect(query, start, end, suspects) !== undefined) {": ["true"],
    "if (suspects.has(query, innerStart, endOfName(query, innerStart, innerEnd))) {": ["true"],
  }),
  ...explain("plugin/core/text/query.ts", "an empty part at the end is not the parameter", {
    "for (let start = 0; start <= query.length; ) {": ["start < query.length"],
    "for (let innerStart = start; innerStart <= end; ) {": ["innerStart < end"],
  }),
  ...explain("plugin/core/text/query.ts", WRITTEN_FIRST, {
    "const comparison: NameComparison = { end: 0, isNamed: false };": ["{}", "true"],
  }),
  ...explain("plugin/core/text/query.ts", "the name of a parameter in a policy has neither a space nor a plus", {
    "if (code === PLUS) {": ["false", "{}"],
  }),
  ...explain("plugin/core/text/cookies.ts", "an empty part at the end is not the cookie", {
    "for (let start = 0; start <= header.length; ) {": ["start < header.length"],
  }),
  ...explain("plugin/core/text/cookies.ts", "no server reads a name that begins with = as the cookie's name", {
    "if (code === EQUALS && nameEnd < 0) {": ["nameEnd <= 0"],
    "if (suspects.has(header, innerStart, nameEnd < 0 ? position : nameEnd)) {": ["nameEnd <= 0"],
  }),
  ...explain("plugin/core/text/cookies.ts", WRITTEN_FIRST, {
    "const comparison: PartComparison = { end: 0, isNamed: false };": ["{}", "true"],
  }),
  {
    file: "plugin/core/text/base64url.ts",
    line: "while (bitCount >= 6) {",
    replacement: "bitCount > 6",
    because: "six bits that stay are written with the next byte, or at the end: the text is the same",
  },
  {
    file: "plugin/core/json/json.ts",
    line: 'const letter = text[position] ?? "";',
    replacement: '"Stryker was here!"',
    because: "any text that is not an escape has the same effect as no text",
  },
  {
    file: "plugin/core/json/json.ts",
    line: "if (error instanceof JsonError) {",
    replacement: "true",
    because: "no other error is thrown there; a new error must not count as a refusal",
  },
  {
    file: "plugin/core/model/issuer-template.ts",
    line: 'if (TENANT.test(segments[index] ?? "")) {',
    replacement: '"Stryker was here!"',
    because: "blanks are in no tenant, so that it is as good as none",
  },
  ...[
    ["if (asksNothing(wanted)) {", "false"],
    ["if (asksNothing(wanted)) {", "{}"],
    ["function asksNothing({ allOf, anyOf, noneOf }: Membership): boolean {", "{}"],
    ["return allOf.length === 0 && anyOf.length === 0 && noneOf.length === 0;", "false"],
  ].map(([line, replacement]) => ({
    file: "plugin/core/access/authorize.ts",
    line,
    replacement,
    because: "where nothing is asked, nothing is found amiss; the short way saves reading the claim",
  })),
  {
    file: "plugin/kong/handler.ts",
    line: 'const [first = "the policy is refused"] = mistakes;',
    replacement: '""',
    because: "a policy is refused for at least one mistake",
  },
  {
    file: "plugin/kong/handler.ts",
    line: 'const { policyFile, policy = "", rule, identity, workspace, routeId, serviceId } = config;',
    replacement: '"Stryker was here!"',
    because: "a configuration without a file has a policy",
  },
  {
    file: "plugin/core/token/find-key.ts",
    line: 'if (typeof iss !== "string" || !issuer) {',
    replacement: "false",
    because: "a value that is not a string has no issuer; only the types need the check",
  },
  {
    file: "plugin/core/request/match-rule.ts",
    line: "const byName = binding.name === undefined ? undefined : policy.rules.get(binding.name);",
    replacement: "false",
    because: "no rule is called undefined; the check is for the types",
  },
  {
    file: "plugin/server/protocol/connection.ts",
    line: 'throw new Error("a call came while an event was still running");',
    replacement: '""',
    because: NO_MESSAGE,
  },
  {
    file: "plugin/kong/calls/list-calls.ts",
    line: "return warnings.length === 0 ? calls : [...warnings.map(listWarning), ...calls];",
    replacement: "false",
    because: "without warnings nothing comes before the calls; the short way saves a copy",
  },
  {
    file: "plugin/server/protocol/connection.ts",
    line: "const isUnused = performance.now() - this.#lastCallMs > idleMs;",
    replacement: "performance.now() - this.#lastCallMs >= idleMs",
    because: "a small difference within a second has no effect",
  },
];
