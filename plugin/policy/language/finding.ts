/** The kinds of findings in policies, settings and decK files. Codes are stable, because tools and tests match them. Messages may change. */
export type FindingCode =
  | "not_a_policy"
  | "syntax_error"
  | "duplicate_key"
  | "number_inexact"
  | "document_too_large"
  | "unknown_key"
  | "missing_key"
  | "wrong_type"
  | "invalid_value"
  | "version_unknown"
  | "duration_invalid"
  | "url_insecure"
  | "issuer_duplicate"
  | "issuer_template_invalid"
  | "issuer_unknown"
  | "accept_missing"
  | "private_key"
  | "no_usable_key"
  | "key_unusable"
  | "algorithm_without_key"
  | "kid_duplicate"
  | "path_template_invalid"
  | "operations_overlap"
  | "requirement_contradiction"
  | "condition_invalid"
  | "condition_shadowed"
  | "mapping_invalid"
  | "token_source_invalid"
  | "answer_invalid"
  | "answer_indistinct"
  | "identity_invalid"
  | "extends_impossible"
  | "extends_refused"
  | "file_outside_root"
  | "file_missing"
  | "version_replaced"
  | "compile_failed"
  | "file_unreadable"
  // In decK files only:
  | "config_unknown"
  | "files_differ"
  | "instance_name_twice"
  | "not_checked"
  | "not_inlined"
  | "plugin_on_consumer"
  | "plugin_twice"
  | "policy_missing"
  | "policy_too_large"
  | "preflight_not_routed"
  | "protocol_without_policy"
  | "route_without_policy"
  | "route_without_rule"
  | "rule_unknown";

/** Keys and indexes from the document's root to a value. */
export type DocumentPath = readonly (string | number)[];

/** An error stops a document from being used. A warning does not. */
export type Severity = "error" | "warning";

/**
 * One error or warning, wherever it was found. Only the known parts of its place are present: the code that checks plain data knows the
 * path, the code that has the text knows line and column, and the command that reads several files knows the file.
 */
export interface Finding {
  readonly code: FindingCode;
  /** An error if absent. */
  readonly severity?: Severity;
  /** Says what is wrong and what to do, without the place. */
  readonly message: string;
  /** The path in plain data. `locate` of the document replaces it with a pointer, a line and a column. */
  readonly path?: DocumentPath;
  /** The place is the key itself and not its value. */
  readonly atKey?: boolean;
  /** Leave the last key of the path out of the output, because it may be a secret. */
  readonly hidesKey?: boolean;
  readonly file?: string;
  /** JSON Pointer into the document; empty for the whole document. */
  readonly pointer?: string;
  /** Counted from 1; 1:1 when the place is the whole document. */
  readonly line?: number;
  readonly column?: number;
  /** The line of text that contains the place, to show it to people. Only commands set it, because a text may hold secrets. */
  readonly excerpt?: string;
}

/** A finding about a document as a whole. */
export function wholeDocument(code: FindingCode, message: string): Finding {
  return { code, message, pointer: "", line: 1, column: 1 };
}

export function isWarning({ severity }: Finding): boolean {
  return severity === "warning";
}
