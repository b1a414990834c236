/** The kinds of findings in a policy. Codes are stable, because tools and tests match them. Messages may change. */
export type PolicyIssueCode =
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
  | "file_unreadable";

/** Keys and indexes from the document's root to a value. */
export type DocumentPath = readonly (string | number)[];

/** A mistake stops a policy from being used. A warning does not. */
export type Severity = "mistake" | "warning";

/** One finding, without its line and column in the text. */
export interface Finding {
  readonly code: PolicyIssueCode;
  /** A mistake if absent. */
  readonly severity?: Severity;
  readonly path: DocumentPath;
  /** The place is the key itself and not its value. */
  readonly atKey?: boolean;
  /** Leave the last key of the path out of the output, because it may be a secret. */
  readonly hidesKey?: boolean;
  /** Says what is wrong and what to do, without the place. */
  readonly message: string;
}

/** One mistake or warning in a policy, with its place. */
export interface PolicyIssue {
  readonly code: PolicyIssueCode;
  /** A mistake if absent. */
  readonly severity?: Severity;
  readonly message: string;
  /** JSON Pointer into the document; empty for the whole document. */
  readonly pointer: string;
  /** Counted from 1; 1:1 when the place is the whole document. */
  readonly line: number;
  readonly column: number;
}
