// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is looked for are the sources' own templates.
import type { MutatedFile } from "./mutant.ts";

/** What refused clients are told: without any one of these they learn more than they may, or what nobody can read. */
export const ANSWERING: readonly MutatedFile[] = [
  {
    file: "plugin/core/model/answers.ts",
    killers: ["test/core/model/answers.test.ts"],
    mutants: [
      {
        name: "reasons that must not be told apart have words of their own",
        find: "reasons.get(as)",
        replace: "reasons.get(reason as PublicReason)",
      },
      { name: "a challenge goes with every status", find: "status === row.status && ", replace: "" },
      { name: "a 401 of the policy's has no challenge", find: "status === 401 || ", replace: "" },
    ],
  },
  {
    file: "plugin/core/answer/challenge.ts",
    killers: ["test/core/answer/challenge.test.ts"],
    mutants: [
      { name: "any text is a description", find: " || !DESCRIPTION.test(text)", replace: "" },
      { name: "a description is anything that begins well", find: "\\x7e]+$/", replace: "\\x7e]+/" },
      { name: "a challenge stands where none belongs", find: "if (!isChallenged) {", replace: "if (false) {" },
    ],
  },
  {
    file: "plugin/core/answer/protected-resource.ts",
    killers: ["test/core/answer/protected-resource.test.ts"],
    mutants: [
      {
        name: "the description is served below its path as well",
        find: 'requestLine.target.split("?", 1)[0] !== resource.metadataPath',
        replace: "!requestLine.target.startsWith(resource.metadataPath)",
      },
      {
        name: "any method gets the description",
        find: "return undefined;\n  }\n}",
        replace: 'return { asks: "text", resource };\n  }\n}',
      },
    ],
  },
  {
    file: "plugin/core/answer/reply.ts",
    killers: ["test/core/answer/reply.test.ts"],
    mutants: [
      {
        name: "who reads no description is told scopes",
        find: "protectedResource && requirements ?",
        replace: "requirements ?",
      },
      {
        name: "the scopes of the first way are told as if it were the only one",
        find: "only && others.length === 0",
        replace: "only",
      },
    ],
  },
  {
    file: "plugin/policy/compile/compile-answers.ts",
    killers: ["test/policy/compile/compile-answers.test.ts"],
    mutants: [
      {
        name: "a status may say that somebody else is at fault",
        find: "if (Math.floor(status / 100) !== Math.floor(usual / 100)) {",
        replace: "if (false) {",
      },
      {
        name: "any status of the class will do",
        find: "return meaning === undefined ? [] : ",
        replace: "return [];\n  ",
      },
    ],
  },
  {
    file: "plugin/policy/compile/compile-protected-resource.ts",
    killers: ["test/policy/compile/compile-protected-resource.test.ts"],
    mutants: [
      { name: "a description may be at any URL", find: "if (!isFetchAllowed(resource)) {", replace: "if (false) {" },
      {
        name: "a description may be where no client asks",
        find: "href === resource || href === `${resource}/` ? ",
        replace: "true ? ",
      },
      { name: "issuers that no rule accepts are named", find: ".filter(({ id }) => accepted.has(id))", replace: "" },
      {
        name: "issuers that nobody can ask are named",
        find: ".filter((issuer) => isFetchAllowed(issuer))",
        replace: "",
      },
    ],
  },
  {
    file: "plugin/kong/calls/negotiate-form.ts",
    killers: ["test/kong/calls/negotiate-form.test.ts"],
    mutants: [
      { name: "an Accept of any length is read", find: " || accept.length > MAX_ACCEPT_LENGTH", replace: "" },
      {
        name: "who takes both alike gets problem details",
        find: "[KONG_FORM, PROBLEM_DETAILS]",
        replace: "[PROBLEM_DETAILS, KONG_FORM]",
      },
    ],
  },
  {
    file: "plugin/kong/calls/render-answer.ts",
    killers: ["test/kong/calls/create-exit.test.ts"],
    mutants: [
      { name: "gRPC-Web is gRPC", find: "(?:$|[+;\\s])/i", replace: "/i" },
      {
        name: "texts are no bytes for gRPC",
        find: ".replaceAll(BEYOND_GRPC_MESSAGE, encodeURIComponent)",
        replace: "",
      },
      {
        name: "types tell reasons apart by their status",
        find: "`${problemTypes}${as}`",
        replace: "`${problemTypes}${status}`",
      },
    ],
  },
];
