import type { PolicyIssue } from "../policy/issue.ts";
import type { PolicyLoad } from "./policy-store.ts";

/** Where a plugin instance gets its policy from: always the version in force. */
export interface PolicySource {
  /** Waits for the first reading only. */
  current(): PolicyLoad | Promise<PolicyLoad>;
}

/** How one policy stands; for the status endpoint. */
export interface PolicyStatus {
  /** The file's name, or `inline` and the id of the Kong plugin entity. */
  readonly source: string;
  /** What is in force; undefined when nothing is, and its routes answer 503. */
  readonly inForce: { readonly name: string; readonly sha256: string } | undefined;
  /** Why the newest version is refused; empty when it is the one in force. */
  readonly refused: readonly PolicyIssue[];
  /** Ids of issuers whose keys have never been there. */
  readonly issuersWithoutKeys: readonly string[];
}

/** One line per mistake, as `validate` prints them. */
export function describeIssues(source: string, issues: readonly PolicyIssue[]): readonly string[] {
  return issues.map(({ line, column, code, message }) => `${source}:${line}:${column} ${code}: ${message}`);
}
