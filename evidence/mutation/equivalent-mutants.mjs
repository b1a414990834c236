/**
 * Mutants that no test can distinguish from the original, and why. `original` and `replacement` as `npm run test:mutants` prints them.
 * `within` is a part of the line, where the file has the same change in other lines.
 */
export const EQUIVALENT = [
  {
    file: "plugin/server/process/claim-generation.ts",
    original: 'error instanceof Error && "code" in error && error.code === "EEXIST"',
    replacement: 'error.code === "EEXIST"',
    because: "what the system throws is an error with a code; the check is for the types",
  },
  {
    file: "plugin/server/process/watchdog-thread.ts",
    within: "let silentMs",
    original: "0",
    replacement: "1",
    because: "a millisecond of three seconds, once",
  },
  {
    file: "plugin/guard/kong/plugins/jwt-policy-guard/handler.lua",
    original: "known_head = head",
    replacement: "",
    because: "the same line gives the same names; remembering them saves time",
  },
  {
    file: "plugin/server/protocol/end-event.ts",
    original: "encoded.set(outcome, ending);",
    replacement: ";",
    because: "the same decision is encoded to the same bytes; remembering them saves time",
  },
  {
    file: "plugin/keys/fetch/open-connection.ts",
    original: "/^\\[|\\]$/g",
    replacement: "/^\\[|\\]/g",
    because: "a URL's host has a bracket only at its ends",
  },
  {
    file: "plugin/keys/store/key-directory.ts",
    within: "const [firstLine",
    original: '""',
    replacement: '"mutant"',
    because: "a string has a first line, and no digest is that of a line which is missing",
  },
  {
    file: "plugin/keys/import/leaked-thumbprints.ts",
    original: 'kty === "EC" && curve !== undefined && bytes !== undefined',
    replacement: 'kty === "EC" && curve !== undefined',
    because: "a known curve has a length; the check is for the types",
  },
  {
    file: "plugin/keys/import/import-pem.ts",
    original: "isCertificate",
    replacement: "false",
    because: "createPublicKey also takes a certificate; the other way says that we mean to",
  },
  {
    file: "plugin/keys/life/key-set.ts",
    original: "await this.#context.ports.files.identify(this.origin.file)",
    replacement: "this.#context.ports.files.identify(this.origin.file)",
    because: "an async function resolves with what a returned promise resolves with",
  },
  {
    file: "plugin/keys/life/load-key-set.ts",
    within: "const thumbprints",
    original: '"jwks"',
    replacement: '""',
    because: "keys in the policy have no thumbprints; the check is for the types",
  },
  {
    file: "plugin/keys/life/load-key-set.ts",
    original: "path?.endsWith",
    replacement: "path.endsWith",
    because: "the system names the path of a file that is missing; the check is for the types",
  },
  {
    file: "plugin/policy/compile/compile-token.ts",
    original: 'query ?? ""',
    replacement: "query",
    because: "a source that is none of the others has a query, by the schema; the check is for the types",
  },
  ...[
    ["wanted ?? []", "wanted"],
    ["conditions[claim] ?? {}", "conditions[claim]"],
  ].map(([original, replacement]) => ({
    file: "plugin/policy/requirements/find-shadowed.ts",
    original,
    replacement,
    because: "whether it is there was asked before; the check is for the types",
  })),
  ...[
    ["plugin/policy/language/header-spellings.ts", "const [first", "the parts of a string are one or more"],
    ["plugin/kong/facts/facts-variable.ts", "rest.pop()", "neither text is a request's id or a guard's mark"],
  ].map(([file, within, because]) => ({ file, within, original: '""', replacement: '"mutant"', because })),
  {
    file: "plugin/kong/facts/facts-variable.ts",
    within: "const [head",
    original: '""',
    replacement: '"mutant"',
    because: "a string that lacks one of these lines lacks the request's id as well",
  },
  {
    file: "plugin/kong/contract/guard-mark.ts",
    original: "nonce === undefined || pluginId === undefined",
    replacement: "nonce === undefined",
    because: "a match has all its groups; the check is for the types",
  },
  {
    file: "plugin/guard/kong/plugins/jwt-policy-guard/handler.lua",
    original: "not has_forgotten",
    replacement: "false",
    because: "no supported Kong lacks that function; the line helps whoever tries another one",
  },
  {
    file: "plugin/guard/kong/plugins/jwt-policy-guard/handler.lua",
    original: 'error("jwt-policy-guard: kong.response.exit returned, but it must end the request")',
    replacement: "",
    because: "kong.response.exit ends the request; the line is for a Kong whose exit returns",
  },
  {
    file: "plugin/guard/kong/plugins/jwt-policy-guard/verdicts.lua",
    within: "local count, bytes",
    original: "0",
    replacement: "1",
    because: "the first verdict begins a generation, which sets both to 0",
  },
  {
    file: "plugin/keys/life/place-record.ts",
    within: "attemptedAt: 0",
    original: "0",
    replacement: "1",
    because: "a millisecond of 1970",
  },
  {
    file: "plugin/keys/fetch/refused-address.ts",
    within: "const [head",
    original: '""',
    replacement: '"mutant"',
    because: "the parts of a string are one or more",
  },
  {
    file: "plugin/server/view/browser/chart.ts",
    within: "const now",
    original: "0",
    replacement: "1",
    because: "without samples, the chart shows the time only relative to now",
  },
  {
    file: "plugin/runtime/load/root-files.ts",
    original: "error instanceof Error",
    replacement: "true",
    because: "Node's file system throws nothing but Errors; the check is for the types",
  },
];
