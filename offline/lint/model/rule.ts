import type { DocumentPath, FindingCode, Severity } from "../../../plugin/policy/language/finding.ts";
import type { PolicyDocument } from "../../../schema/generated/policy-document.ts";
import type { Change } from "./change.ts";

/** The titles of the parts of the reference page, in the order of the page. */
export const TOPICS = {
  text: "Strings with another meaning than intended",
  issuer: "Issuers and their keys",
  requirement: "Requirements",
  token: "Tokens, identity and headers",
  kong: "Policies beside kong.yml",
  suppression: "Suppressions",
} as const;

export type Topic = keyof typeof TOPICS;

/** An example policy in YAML, without the parts that are the same in all examples. Some rules need more files. */
export interface Example {
  readonly policy: string;
  readonly kong?: string;
  /** The content of other files, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A place in a valid policy where a lint rule has a finding. */
export interface Place {
  readonly path: DocumentPath;
  /** Whether the finding is about the key and not about the value. */
  readonly atKey?: boolean;
  readonly message: string;
}

/** The part of a policy that a fix changes, with its current value. */
interface FixedPlace {
  readonly path: DocumentPath;
  readonly atKey: boolean;
  /** The value at the path. If `atKey` is true, the part is the key and not its value. */
  readonly value: unknown;
  /** The map or list that contains the value. */
  readonly parent: unknown;
}

/**
 * One rule of `kong-jwt-policy lint`. The entry of a lint rule provides its text on the reference page, its findings
 * and its tests.
 */
export interface LintRule {
  /** The id never changes, because comments in policies and settings of CI name it. */
  readonly id: FindingCode;
  readonly topic: Topic;
  /** An `error` is a gap that attackers can use, or a configuration that Kong refuses. */
  readonly severity: Severity;
  readonly summary: string;
  readonly why: string;
  readonly bad: Example;
  readonly good: Example;
  /**
   * Finds the places that the rule reports. The function is absent if other code finds these places. For example,
   * `lint` shares a check with `validate` or `render`.
   */
  readonly check?: (document: PolicyDocument) => readonly Place[];
  readonly fix?: {
    /** What `--fix` changes, such as `writes 30s`. */
    readonly summary: string;
    /** @returns the changes that correct the finding; undefined if no change is safe. */
    readonly changes: (place: FixedPlace) => readonly Change[] | undefined;
  };
}
