import type { PolicyLoad } from "../../policy/read-policy.ts";

/** Reads and compiles policies, in this thread or in another thread. */
export interface PolicyCompiler {
  /**
   * Identifies the current version of each file, or says why the file cannot be read. Two versions of a file always have
   * different identities.
   */
  identify(files: readonly string[]): Promise<Identification>;
  /** Reads and compiles a file under the policy root, together with the files that it extends. */
  compileFile(file: string): Promise<CompiledFile>;
  /** Compiles a policy text from the plugin's configuration. */
  compileText(text: string): Promise<PolicyLoad>;
  /**
   * Called when a request waits for this file. The compiler then takes this file before files for which no request
   * waits.
   */
  hurry(file: string): void;
  stop(): void;
}

export interface Identification {
  /** The identities, in the order of the names. */
  readonly identities: readonly FileIdentity[];
  /** How many milliseconds the identification took. The time in which it waited for other work does not count. */
  readonly tookMs: number;
}

export interface FileIdentity {
  readonly identity: string;
  /** Whether the file was deleted: the file does not exist, but the root does. */
  readonly isMissing: boolean;
}

export type CompiledFile = PolicyLoad & {
  /**
   * The policy's own file, and the files that it extends. The list also has the files that the compiler could not read.
   * If any of these files changes, the policy has a new version.
   */
  readonly files: readonly string[];
  /** The joined identities of all files, see {@link joinIdentities}; undefined if a file changed during the read. */
  readonly identity: string | undefined;
};

export function isSameIdentity(one: FileIdentity, other: FileIdentity): boolean {
  return one.identity === other.identity && one.isMissing === other.isMissing;
}

/** Joins the identities of several files into one identity. */
export function joinIdentities(identities: readonly FileIdentity[]): string {
  return identities.map(({ identity }) => identity).join("\n");
}
