import type { CompiledPolicy } from "../core/model/policy.ts";
import { fail, type Result } from "../core/model/result.ts";
import { compilePolicy } from "./compile/compile-policy.ts";
import type { Finding } from "./language/finding.ts";
import { readDocument, type SourceDocument } from "./read/read-document.ts";
import { validateDocument } from "./read/validate-document.ts";

/** A compiled policy, or all errors. */
export type PolicyLoad = Result<CompiledPolicy, readonly Finding[]>;

/** Reads, validates and compiles a policy text. */
export function readPolicy(text: string, hash: string): PolicyLoad {
  const source = readDocument(text);
  return source.ok ? compileSource(source.value, hash) : source;
}

/** Validates and compiles plain data. Defaults are filled into a copy, so the data does not change. */
export function compileSource(source: SourceDocument, hash: string): PolicyLoad {
  const valid = validateDocument(structuredClone(source.data));
  const compiled = valid.ok ? compilePolicy(valid.value, hash) : valid;
  return compiled.ok ? compiled : fail(source.locate(compiled.failure));
}
