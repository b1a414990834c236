import type { PolicyLoad } from "../../policy/read-policy.ts";
import type { PolicyCompiler } from "./policy-compiler.ts";
import { hashText } from "./read-lineage.ts";

/** The result for one policy text. All plugin instances and workers with this text share the result. */
export interface SharedLoad {
  /** Hex SHA-256 of the text. */
  readonly hash: string;
  readonly bytes: number;
  /** The result of compiling the text. The promise never rejects. */
  readonly load: Promise<PolicyLoad>;
  /** Each user of the result must call this method once. The last call releases the compiled policy. */
  release(): void;
}

/** As long as a compiled policy is in use, its text is not compiled again. */
export function shareLoads(compiler: Pick<PolicyCompiler, "compileText">): (text: string) => SharedLoad {
  const entries = new Map<string, { readonly load: Promise<PolicyLoad>; users: number }>();

  return (text) => {
    const hash = hashText(text);
    let entry = entries.get(hash);
    if (!entry) {
      entry = { load: compiler.compileText(text), users: 0 };
      entries.set(hash, entry);
    }
    entry.users += 1;
    const { load } = entry;
    return {
      hash,
      bytes: text.length,
      load,
      release() {
        entry.users -= 1;
        if (entry.users === 0) {
          entries.delete(hash);
        }
      },
    };
  };
}
