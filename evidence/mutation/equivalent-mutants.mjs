/** Mutants that no test can tell from the original, and why. `original` and `replacement` as `npm run test:mutants` prints them. */
export const EQUIVALENT = [
  {
    file: "plugin/keys/fetch/open-connection.ts",
    original: "/^\\[|\\]$/g",
    replacement: "/^\\[|\\]/g",
    because: "a URL's host has a bracket only at its ends",
  },
  {
    file: "plugin/guard/kong/plugins/jwt-policy-guard/handler.lua",
    original: "not has_forgotten",
    replacement: "false",
    because: "no supported Kong lacks that function; the line helps whoever tries another one",
  },
  {
    file: "plugin/runtime/load/root-files.ts",
    original: "error instanceof Error",
    replacement: "true",
    because: "Node's file system throws nothing but Errors; the check is for the types",
  },
];
