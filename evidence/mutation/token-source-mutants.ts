// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is looked for are the sources' own templates.
import type { MutatedFile } from "./mutant.ts";

const DECIDE = "test/core/decide-token-source.test.ts";

/** Where tokens may be, and that none of them goes on unjudged or to another site's account. */
export const TOKEN_SOURCES: readonly MutatedFile[] = [
  {
    file: "plugin/core/token/token-source.ts",
    killers: ["test/core/token/token-source.test.ts", DECIDE],
    mutants: [
      { name: "what cannot be read is nothing", find: "if (texts === undefined) {", replace: "if (false) {" },
      {
        name: "the first source that has something wins",
        find: "    credentials.push(",
        replace: "    if (credentials.length === 0) credentials.push(",
      },
      { name: "lost bytes are written back as others", find: '&& LOST_BYTES.test(place ?? "") ', replace: "&& false " },
    ],
  },
  {
    file: "plugin/core/text/cookies.ts",
    killers: ["test/core/text/cookies.test.ts"],
    mutants: [
      {
        name: "white space in a cookie's name does not matter",
        find: "if (!header.startsWith(prefix, exactStart)) {",
        replace: "if (false) {",
      },
      {
        name: "a cookie's name has no case",
        find: '(?=[=;]|$)`, "g")',
        replace: '(?=[=;]|$)`, "gi")',
      },
      {
        name: "nobody drops anything but white space",
        find: '"[^\\\\x21-\\\\x7e]*"',
        replace: '"[ \\\\t]*"',
      },
      {
        name: "what reads as the cookie to others stays",
        find: "if (isNamed || mayHide(header, start, end, suspects)) {",
        replace: "if (isNamed && header.startsWith(`${name}=`, skipBlanks(header, start))) {",
      },
    ],
  },
  {
    file: "plugin/core/text/query.ts",
    killers: ["test/core/text/query.test.ts"],
    mutants: [
      {
        name: "a parameter's name is compared as it stands",
        find: "if (!isNamed || separator",
        replace: "if (!isNamed || !query.startsWith(name, start) || separator",
      },
      {
        name: "a disguised parameter stays",
        find: "if (isNamed || findSuspect(query, start, end, suspects) !== undefined) {",
        replace: "if (isNamed && query.startsWith(name, start)) {",
      },
      {
        name: "a broken escape is text",
        find: " || hasBrokenName(query)",
        replace: "",
      },
      {
        name: "another spelling of the parameter is not seen",
        find: "endOfInnerName(query, start)) ? undefined : [];",
        replace: "endOfInnerName(query, start)) ? [] : [];",
      },
      { name: "a semicolon hides the parameter", find: "const SEMICOLON = 0x3b;", replace: "const SEMICOLON = 0x26;" },
      { name: "a fragment is part of the query", find: 'query.includes("#") || ', replace: "" },
    ],
  },
  {
    file: "plugin/core/text/folded-name.ts",
    killers: ["test/core/text/query.test.ts", "test/core/text/cookies.test.ts"],
    mutants: [
      { name: "case counts", find: "code <= CAPITAL_Z ? code | CASE_BIT", replace: "code <= CAPITAL_Z ? code" },
      { name: "names are decoded once", find: "round <= MAX_ROUNDS", replace: "round <= 1" },
      {
        name: "PHP's underscores are unknown",
        find: "code === SPACE || isJoint(code)) {",
        replace: "code === SPACE) {",
      },
      {
        name: "brackets in front hide the name",
        find: "while (isBracket(text.charCodeAt(start))) {",
        replace: "while (false) {",
      },
      { name: "nested names are others", find: "(code === DOT && !text", replace: "(false && !text" },
      {
        name: "a NUL ends nothing",
        find: "position < text.length && text.charCodeAt(position) !== 0",
        replace: "position < text.length",
      },
      { name: "every name may be long", find: " || this.#charactersLeft < 0", replace: "" },
    ],
  },
  {
    file: "plugin/core/folded-name.ts",
    killers: ["test/core/query.test.ts"],
    mutants: [
      { name: "escapes hide the first word", find: "`(?:%|", replace: "`(?:" },
      { name: "dropped characters hide the first word", find: "${UNCERTAIN}*", replace: "" },
    ],
  },
  {
    file: "plugin/policy/compile/compile-token.ts",
    killers: ["test/policy/compile/compile-token.test.ts"],
    mutants: [
      {
        name: "a token has the name by which Kong tells who called",
        find: "...(identity ? IDENTITY_HEADERS : []).map(",
        replace: "...IDENTITY_HEADERS.slice(0, 0).map(",
      },
    ],
  },
  {
    file: "plugin/core/request/origin.ts",
    killers: ["test/core/request/origin.test.ts"],
    mutants: [
      { name: "every method is safe", find: "isSafe(facts) && ", replace: "" },
      { name: "an upgrade needs no origin", find: " && !asksForUpgrade(facts)", replace: "" },
      { name: "only Connection asks for an upgrade", find: 'headers.has("upgrade") || ', replace: "" },
      {
        name: "no origin is an allowed one",
        find: "origin !== undefined && source.allowedOrigins.has(origin)",
        replace: 'source.allowedOrigins.has(origin ?? "https://app.example")',
      },
      { name: "every origin is allowed", find: "source.allowedOrigins.has(origin)", replace: "true" },
      {
        name: "an unknown method is safe",
        find: "requestLine !== undefined && SAFE_METHODS.has(requestLine.method)",
        replace: 'SAFE_METHODS.has(requestLine?.method ?? "GET")',
      },
    ],
  },
  {
    file: "plugin/core/upstream/forward.ts",
    killers: [DECIDE],
    mutants: [
      { name: "headers with tokens go on", find: "removeHeaders(policy.credentialHeaders)", replace: "{}" },
      { name: "the cookie goes on", find: "keptCookie === cookie ?", replace: "true ?" },
      { name: "an empty Cookie header goes on", find: "keptCookie || []", replace: "keptCookie ?? []" },
      { name: "the parameter goes on", find: "keptQuery === query ?", replace: "true ?" },
      {
        name: "the token goes on where none may",
        find: "    case undefined:\n      return { ...changes, headers };",
        replace:
          "    case undefined:\n      return { ...changes, headers: { ...headers, authorization: `Bearer ${token}` } };",
      },
      {
        name: "Authorization goes on as it came, wherever the token was",
        find: 'credential.source.from === "authorization"',
        replace: "true",
      },
    ],
  },
];
