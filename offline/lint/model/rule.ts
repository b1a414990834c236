import type { DocumentPath, FindingCode, Severity } from "../../../plugin/policy/language/finding.ts";
import type { PolicyDocument } from "../../../schema/generated/policy-document.ts";
import type { Change } from "./change.ts";

/** The parts of the reference page, in its order. */
export const TOPICS = {
  text: "Strings with another meaning than intended",
  issuer: "Issuers and their keys",
  requirement: "Requirements",
  token: "Tokens, identity and headers",
  kong: "Policies beside kong.yml",
  suppression: "Suppressions",
} as const;

export type Topic = keyof typeof TOPICS;

/** A policy in YAML. It leaves out the parts that are the same in all examples. Some rules need more files. */
export interface Example {
  readonly policy: string;
  readonly kong?: string;
  /** The content of other files, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** The finding of a rule in a valid policy. */
export interface Place {
  readonly path: DocumentPath;
  /** The finding is about the key itself, not about its value. */
  readonly atKey?: boolean;
  readonly message: string;
}

/** The part of a policy that a fix changes, with its present value. */
interface FixedPlace {
  readonly path: DocumentPath;
  readonly atKey: boolean;
  /** The value at the path, or the key if `atKey`. */
  readonly value: unknown;
  /** The map or list that contains the value. */
  readonly parent: unknown;
}

/** One rule of `kong-jwt-policy lint`. The reference page, the findings and the tests come from this entry. */
export interface LintRule {
  /** The id never changes, because comments in policies and settings of CI name it. */
  readonly id: FindingCode;
  readonly topic: Topic;
  /** An error is a gap that attackers can use, or something that Kong refuses. */
  readonly severity: Severity;
  readonly summary: string;
  readonly why: string;
  readonly bad: Example;
  readonly good: Example;
  /** Absent if other code makes this finding. This is so for checks that `validate` and `render` share with lint. */
  readonly check?: (document: PolicyDocument) => readonly Place[];
  readonly fix?: {
    /** What `--fix` does. */
    readonly summary: string;
    /** @returns undefined if there is no safe change. */
    readonly changes: (place: FixedPlace) => readonly Change[] | undefined;
  };
}
