/** Mutants that no test can tell from the original, and why. `original` and `replacement` as `npm run test:mutants` prints them. */
export const EQUIVALENT = [
  {
    file: "plugin/runtime/load/root-files.ts",
    original: "error instanceof Error",
    replacement: "true",
    because: "Node's file system throws nothing but Errors; the check is for the types",
  },
];
