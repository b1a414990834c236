import { readdir } from "node:fs/promises";
import { decide } from "../core/decide.ts";
import type { Decision } from "../core/decision.ts";
import type { CompiledPolicy } from "../core/policy.ts";
import type { RequestFacts } from "../core/request.ts";
import { createKeySource } from "../keys/key-source.ts";
import { createPolicyStore, type PolicyLoad } from "./policy-store.ts";
import { rememberVerified } from "./verified-tokens.ts";

/** Tests of policies lie beside them; Kubernetes keeps what it links to in directories that start with two dots. */
const POLICY_FILE = /(?<!\.test)\.(?:ya?ml|json)$/;

/** Everything that the process owns and all plugin instances share. */
export interface Runtime {
  loadPolicyFile(file: string): Promise<PolicyLoad>;
  loadInlinePolicy(text: string): PolicyLoad;
  /** Loads every policy under the root ahead of the first request; resolves when all have been read. */
  preload(): Promise<void>;
  decide(facts: RequestFacts, policy: CompiledPolicy): Promise<Decision>;
  stop(): void;
}

export interface RuntimeOptions {
  readonly policyRoot: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: (line: string) => void;
}

/** Puts store, keys, clock and pipeline together: the one composition root. */
export function createRuntime({ policyRoot, now, log }: RuntimeOptions): Runtime {
  const store = createPolicyStore(policyRoot, log);
  const keys = createKeySource(now, log);
  const verifyingKeys = rememberVerified(keys);
  const nowSeconds = (): number => now() / 1000;

  const prefetched = (load: PolicyLoad): PolicyLoad => {
    if ("policy" in load) {
      keys.prefetch(load.policy);
    }
    return load;
  };
  const loadPolicyFile = async (file: string): Promise<PolicyLoad> => prefetched(await store.loadFile(file));

  return {
    loadPolicyFile,
    loadInlinePolicy: (text) => prefetched(store.loadInline(text)),
    async preload() {
      const names = await readdir(policyRoot, { recursive: true });
      const files = names.filter((name) => POLICY_FILE.test(name) && !name.startsWith(".."));
      await Promise.all(files.map(loadPolicyFile));
    },
    decide: (facts, policy) => decide(facts, policy, verifyingKeys, nowSeconds),
    stop: () => keys.stop(),
  };
}
