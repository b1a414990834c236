// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is looked for are the sources' own templates.
import type { MutatedFile } from "./mutant.ts";

const DECIDE = "test/core/decide-token-source.test.ts";

/** Where tokens may be, and that none of them goes on unjudged or to another site's account. */
export const TOKEN_SOURCES: readonly MutatedFile[] = [
  {
    file: "plugin/core/token-source.ts",
    killers: ["test/core/token-source.test.ts", DECIDE],
    mutants: [
      { name: "what can not be read is nothing", find: "if (texts === undefined) {", replace: "if (false) {" },
      {
        name: "the first source that has something wins",
        find: "    credentials.push(",
        replace: "    if (credentials.length === 0) credentials.push(",
      },
      { name: "lost bytes are written back as others", find: '&& LOST_BYTES.test(place ?? "") ', replace: "&& false " },
    ],
  },
  {
    file: "plugin/core/cookies.ts",
    killers: ["test/core/cookies.test.ts"],
    mutants: [
      {
        name: "white space in a cookie's name does not matter",
        find: "pairs.every((pair) => pair.startsWith(prefix))",
        replace: "true",
      },
      {
        name: "a cookie's name has no case",
        find: "    .filter((part) => nameOf(part) === name)\n    .map",
        replace: "    .filter((part) => nameOf(part).toLowerCase() === name.toLowerCase())\n    .map",
      },
      {
        name: "nobody drops anything but white space",
        find: '.replaceAll(NOT_IN_NAMES, "")',
        replace: ".trim()",
      },
      {
        name: "what reads as the cookie to others stays",
        find: "parts.filter((part) => !mayBe(part, name))",
        replace: "parts.filter((part) => !trimStart(part).startsWith(`${name}=`))",
      },
    ],
  },
  {
    file: "plugin/core/query.ts",
    killers: ["test/core/query.test.ts"],
    mutants: [
      {
        name: "a parameter's name is compared as it stands",
        find: "pairs.filter((pair) => decode(pair.name) === name)",
        replace: "pairs.filter((pair) => pair.name === name)",
      },
      {
        name: "a disguised parameter stays",
        find: "isReadAs(own, name)",
        replace: "own === name",
      },
      {
        name: "a broken escape is text",
        find: "pairs.some((pair) => MALFORMED_ESCAPE.test(pair.name)) ||",
        replace: "",
      },
      { name: "another spelling of the parameter is not seen", find: " > found.length", replace: " < 0" },
      { name: "a semicolon hides the parameter", find: "query.split(/[&;]/)", replace: 'query.split("&")' },
      { name: "a fragment is part of the query", find: 'query.includes("#") ||', replace: "" },
    ],
  },
  {
    file: "plugin/core/folded-name.ts",
    killers: ["test/core/query.test.ts", "test/core/cookies.test.ts"],
    mutants: [
      { name: "case counts", find: "name.toLowerCase().replaceAll", replace: "name.replaceAll" },
      { name: "names are decoded once", find: "round <= MAX_ROUNDS", replace: "round <= 1" },
      { name: "PHP's underscores are unknown", find: "/[ .[]/g", replace: "/ /g" },
      { name: "brackets in front hide the name", find: 'visible.replace(/^[[\\]]+/, "")', replace: "visible" },
      { name: "nested names are others", find: "[visible, unwrapped, outer, first]", replace: "[visible, unwrapped]" },
      { name: "a NUL ends nothing", find: 'text.split("\\0", 1)', replace: "[text]" },
    ],
  },
  {
    file: "plugin/policy/compile-token.ts",
    killers: ["test/policy/compile-token.test.ts"],
    mutants: [
      {
        name: "a token has the name by which Kong tells who called",
        find: "...(identity ? IDENTITY_HEADERS : []).map(",
        replace: "...IDENTITY_HEADERS.slice(0, 0).map(",
      },
    ],
  },
  {
    file: "plugin/core/origin.ts",
    killers: ["test/core/origin.test.ts"],
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
    file: "plugin/core/forward.ts",
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
