import type { CompiledPolicy, CompiledRule } from "../core/policy.ts";
import type { PolicyIssue } from "../policy/issue.ts";
import type { Identification } from "./policy-compiler.ts";

/** What a compiling thread is started with. The role tells it from other threads that run the same file. */
export interface CompilingThread {
  readonly role: "jwt-policy compiler";
  readonly policyRoot: string;
}

/** What a compiling thread is asked: one thing at a time. */
export type ThreadRequest =
  | { readonly kind: "identify"; readonly files: readonly string[] }
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "text"; readonly text: string }
  /** The next rules of the policy that was compiled last. */
  | { readonly kind: "more" };

export type ThreadAnswer =
  | { readonly kind: "identified"; readonly identification: Identification }
  | (Place & { readonly kind: "refused"; readonly issues: readonly PolicyIssue[] })
  | (Place & { readonly kind: "compiled"; readonly head: Omit<CompiledPolicy, "rules">; readonly rules: RuleBatch })
  | { readonly kind: "rules"; readonly rules: RuleBatch };

/** Of a file; empty for a text. */
interface Place {
  readonly files: readonly string[];
  readonly identity: string | undefined;
}

/**
 * Some rules of a policy. The receiving thread builds every object of a message anew, all at once. A large policy therefore comes
 * in parts, and the receiving event loop turns between them.
 */
export interface RuleBatch {
  readonly rules: readonly CompiledRule[];
  readonly isLast: boolean;
}
