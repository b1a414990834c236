import type { MutatedFile } from "./mutant.ts";

/** Mutants of how a policy's conditions are read, merged and settled, and of the warnings about them. */
export const CONDITIONS: readonly MutatedFile[] = [
  {
    file: "plugin/policy/requirements/compile-requirements.ts",
    killers: ["test/policy/requirements/compile-requirements.test.ts"],
    mutants: [
      {
        name: "headers of the first alternative count alone",
        find: "comparedHeaders: findComparedHeaders(alternatives),",
        replace: "comparedHeaders: findComparedHeaders(alternatives.slice(0, 1)),",
      },
      {
        name: "issuers of the first alternative are accepted alone",
        find: "first && others.length === 0",
        replace: "first",
      },
      {
        name: "mistakes of the first alternative are found alone",
        find: "compiled.flatMap(({ findings }) => findings)",
        replace: "[...(compiled[0]?.findings ?? [])]",
      },
    ],
  },
  {
    file: "plugin/policy/requirements/settle-requirements.ts",
    killers: ["test/policy/requirements/compile-requirements.test.ts"],
    mutants: [
      {
        name: "alternatives of a rule win over an operation's requirements",
        find: "source.any_of || REQUIREMENT_KEYS.some((key) => source[key] !== undefined)",
        replace: "source.any_of",
      },
      {
        name: "an alternative does not take over audiences",
        find: "keys.audiences ?? audiences",
        replace: "keys.audiences",
      },
    ],
  },
  {
    file: "plugin/policy/requirements/compile-conditions.ts",
    killers: ["test/policy/issuers/compile-issuer.test.ts", "test/policy/requirements/compile-requirements.test.ts"],
    mutants: [
      {
        name: "an issuer may compare with the request",
        find: "condition[key] !== undefined",
        replace: "condition[key] === null",
      },
      { name: "an empty text can be asked for", find: "if (!values.every(hasValue)) {", replace: "if (false) {" },
    ],
  },
  {
    file: "plugin/policy/read/find-inexact-numbers.ts",
    killers: ["test/policy/read/read-document.test.ts"],
    mutants: [
      {
        name: "hexadecimal numbers may be rounded",
        find: "Number.isSafeInteger(Number(text))",
        replace: "true",
      },
      { name: "decimal numbers may be rounded", find: "isExactDecimal(text);", replace: "true;" },
    ],
  },
  {
    file: "plugin/policy/read/extend-document.ts",
    killers: ["test/policy/read/extend-document.test.ts"],
    mutants: [
      {
        name: "a child's list drops the parent's conditions of an issuer",
        find: "isIssuerClaims(path) ? mergeClaims(parent, child) : child",
        replace: "child",
      },
    ],
  },
  {
    file: "plugin/policy/requirements/find-shadowed.ts",
    killers: ["test/policy/requirements/find-shadowed.test.ts"],
    mutants: [
      {
        name: "the first alternative is looked at alone",
        find: "rule.settled.alternatives.flatMap(",
        replace: "rule.settled.alternatives.slice(0, 1).flatMap(",
      },
      {
        name: "only defaults are looked at",
        find: "rule.inherited.flatMap(",
        replace: "rule.inherited.slice(-1).flatMap(",
      },
      {
        name: "one issuer that asks for the same is enough",
        find: "always.every(",
        replace: "always.some(",
      },
      {
        name: "a test with another value covers the default",
        find: "tests.get(test) === normalize(value)",
        replace: "tests.has(test)",
      },
    ],
  },
];
