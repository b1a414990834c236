import type { CompiledPolicy, CompiledRule } from "../../core/model/policy.ts";
import type { Finding } from "../../policy/language/finding.ts";
import type { FileIdentity } from "./policy-compiler.ts";

/** The first message to a compiling thread. */
export interface CompilingThread {
  readonly policyRoot: string;
}

/** A request to a compiling thread. A thread gets one request at a time. */
export type ThreadRequest =
  /** Asks for the identities of files. `files` is undefined if the last identification had the same files. */
  | { readonly kind: "identify"; readonly files: readonly string[] | undefined }
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "text"; readonly text: string }
  /** Asks for the next rules of the policy that was compiled last. */
  | { readonly kind: "more" };

export type ThreadAnswer =
  /** `identities` is undefined if the last identification had the same result. */
  | { readonly kind: "identified"; readonly tookMs: number; readonly identities: readonly FileIdentity[] | undefined }
  | (Place & { readonly kind: "refused"; readonly findings: readonly Finding[] })
  | (Place & { readonly kind: "compiled"; readonly head: Omit<CompiledPolicy, "rules">; readonly rules: RuleBatch })
  | { readonly kind: "rules"; readonly rules: RuleBatch };

/** The files of a policy; empty for a policy text without a file. */
interface Place {
  readonly files: readonly string[];
  readonly identity: string | undefined;
}

/**
 * A part of a policy's rules. The receiving thread rebuilds all objects of a message at once. The thread sends a large
 * policy in parts, so that the event loop can do other work between two parts.
 */
export interface RuleBatch {
  readonly rules: readonly CompiledRule[];
  readonly isLast: boolean;
}
