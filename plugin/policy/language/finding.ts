/** The kinds of findings of plugin/policy/lint. The registry in offline/lint describes each code. */
export type LintCode =
  | "claim_pointer_dotted"
  | "wildcard_literal"
  | "path_pattern_literal"
  | "variable_literal"
  | "variable_unused"
  | "value_has_space"
  | "issuer_not_iss"
  | "issuer_http"
  | "key_address_mixed_up"
  | "issuer_unused"
  | "audience_is_issuer"
  | "token_type_unusual"
  | "duration_never"
  | "condition_contradiction"
  | "pattern_never"
  | "condition_on_registered_claim"
  | "alternative_always_met"
  | "alternative_repeated";

/** The checks of `doctor`. The table in cli/doctor/checks describes each check. */
export type DoctorCode =
  | "node_version"
  | "kong_version"
  | "kong_settings"
  | "plugin_enabled"
  | "plugin_server"
  | "server_options"
  | "server_program"
  | "policy_root"
  | "policies_valid"
  | "fetch_settings"
  | "state_dir"
  | "socket_present"
  | "socket_permissions"
  | "socket_answers"
  | "facts_variable"
  | "read_timeout"
  | "guard_loaded"
  | "routes_judged"
  | "plugins_conflict"
  | "plugins_order"
  | "issuers_answer"
  | "clock"
  | "status_port";

/** The kinds of findings in policies, settings, policy tests and decK files. Codes are stable, because tools and tests match them. Messages may change. */
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
  | "variable_invalid"
  // Warnings of plugin/policy/lint:
  | LintCode
  | "key_file_missing"
  | "operation_outside_route"
  // Warnings of lint only, described in offline/lint:
  | "any_token_allowed"
  | "audiences_not_narrowed"
  | "bound_tokens_accepted"
  | "clear_text_allowed"
  | "clock_skew_long"
  | "consumer_cache_long"
  | "consumer_unknown_ignored"
  | "cookie_unprefixed"
  | "cookie_without_origins"
  | "eddsa_alone"
  | "exclusion_only"
  | "identity_claim_mutable"
  | "key_cooldown_long"
  | "key_max_long"
  | "key_stale_long"
  | "keys_over_http"
  | "optional_with_identity"
  | "other_authentication_skip"
  | "payload_mapped"
  | "public_prefix_route"
  | "public_subtree"
  | "query_source"
  | "report_mode"
  | "rule_without_route"
  | "shared_secret"
  | "subject_ambiguous"
  | "suppression_unknown"
  | "suppression_unused"
  | "suppression_without_reason"
  | "tenants_wildcard"
  | "token_lifetime_long"
  | "token_lifetime_unlimited"
  | "token_type_unchecked"
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
  // In policy tests only:
  | "test_invalid"
  | "test_failed"
  | "token_unknown"
  | "request_unknown"
  | "reason_unknown"
  | "consumer_unknown"
  | "unused"
  | "not_covered"
  | "mutant_survived"
  // In comparisons of policies only:
  | "policy_changed"
  | "policy_looser"
  | "policy_not_compared"
  | "policy_stricter"
  // In `check` only:
  | "check_incomplete"
  // In `validate --online` only:
  | "algorithm_not_announced"
  | "certificate_expired"
  | "clock_differs"
  | "issuer_answer_invalid"
  | "issuer_differs"
  | "issuer_unreachable"
  | "key_min_long"
  | "key_note"
  // In `doctor` only:
  | DoctorCode
  // In decK files and kong.yml only:
  | "config_unknown"
  | "files_differ"
  | "instance_name_twice"
  | "not_checked"
  | "not_inlined"
  | "not_supported"
  | "plugin_not_run"
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

/** An error stops a document from being used, but a warning does not. */
export type Severity = "error" | "warning";

/**
 * One error or warning, from any part of the code. Only the known parts of the finding's position are set. Code that
 * checks plain data knows the path of a mistake. Code that has the text knows line and column. A command that reads
 * several files knows the file.
 */
export interface Finding {
  readonly code: FindingCode;
  /** If absent, the finding is an error. */
  readonly severity?: Severity;
  /** Says what is wrong and what to do, but not where. */
  readonly message: string;
  /** The path in plain data. `locate` of the document replaces the path with a pointer, a line and a column. */
  readonly path?: DocumentPath;
  /** If true, the finding is about the key itself, not about its value. */
  readonly atKey?: boolean;
  /** If true, the output omits the last key of the path, because this key may be a secret. */
  readonly hidesKey?: boolean;
  readonly file?: string;
  /** JSON Pointer into the document; empty for the whole document. */
  readonly pointer?: string;
  /** Line and column are counted from 1. A finding about the whole document is at line 1, column 1. */
  readonly line?: number;
  readonly column?: number;
  /**
   * The line with the mistake, as the output shows it to people. Only commands set `excerpt`, because the line may
   * contain secrets.
   */
  readonly excerpt?: string;
  /** More lines for people, such as the expected and the actual value. */
  readonly notes?: readonly string[];
  /** A correction of the mistake. The author can paste the correction into the document. */
  readonly paste?: string;
}

/** A finding about a document as a whole. */
export function wholeDocument(code: FindingCode, message: string): Finding {
  return { code, message, pointer: "", line: 1, column: 1 };
}

export function isWarning({ severity }: Finding): boolean {
  return severity === "warning";
}
