// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is looked for are the sources' own templates.
import type { MutatedFile } from "./mutant.ts";

const SPOOFING = ["test/spoofing/core.test.ts"];

/** What keeps identity the policy's own: without any one of these, an upstream sees what a client made up. */
export const CLEARING: readonly MutatedFile[] = [
  {
    file: "plugin/policy/language/header-spellings.ts",
    killers: SPOOFING,
    mutants: [
      {
        name: "underscores are other names",
        find: "`${spelling}-${part}`, `${spelling}_${part}`",
        replace: "`${spelling}-${part}`",
      },
      {
        name: "dashes and underscores are not mixed",
        find: "return rest.reduce",
        replace: 'return [name, name.replaceAll("-", "_")];\n  rest.reduce',
      },
    ],
  },
  {
    file: "plugin/policy/compile/compile-policy.ts",
    killers: SPOOFING,
    mutants: [
      { name: "the header for the token is the client's as well", find: ", ...token.ownHeaders]", replace: "]" },
    ],
  },
  {
    file: "plugin/policy/requirements/compile-identity.ts",
    killers: SPOOFING,
    mutants: [
      {
        name: "the client may say which Consumer it is",
        find: ", ...(identity ? IDENTITY_HEADERS : [])]",
        replace: "]",
      },
    ],
  },
  {
    file: "plugin/core/decide.ts",
    killers: SPOOFING,
    mutants: [
      {
        name: "on public rules the client may say who it is",
        find: "return pass(request, matched, { evidence });",
        replace: "return createAllow({ headers: {} }, evidence);",
      },
    ],
  },
  {
    file: "plugin/core/upstream/compose-upstream.ts",
    killers: SPOOFING,
    mutants: [
      {
        name: "without a verified token the client may say who it is",
        find: "...(mapped ?? clearIdentity(policy)), ",
        replace: "...mapped, ",
      },
      { name: "compared headers stay in every spelling", find: "kept[spelling] = [];", replace: "" },
    ],
  },
];
