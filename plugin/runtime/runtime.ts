import { readdir } from "node:fs/promises";
import { decide } from "../core/decide.ts";
import type { Decision } from "../core/decision.ts";
import type { CompiledPolicy } from "../core/policy.ts";
import type { RequestFacts } from "../core/request.ts";
import { createKeySource } from "../keys/key-source.ts";
import { type PolicyFile, watchPolicyFiles } from "./policy-files.ts";
import { createPolicyStore, type PolicyLoad } from "./policy-store.ts";
import { rememberVerified } from "./verified-tokens.ts";

/** Tests of policies lie beside them; Kubernetes keeps what it links to in directories that start with two dots. */
const POLICY_FILE = /(?<!\.test)\.(?:ya?ml|json)$/;

/** Everything that the process owns and all plugin instances share. */
export interface Runtime {
  /** A file under the root; what it yields changes with the file. */
  openPolicyFile(file: string): PolicyFile;
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

/** How often to look whether policy files changed. */
const POLL_MS = 1_000;

/** Puts store, keys, clock and pipeline together: the one composition root. */
export function createRuntime({ policyRoot, now, log }: RuntimeOptions): Runtime {
  const store = createPolicyStore(policyRoot, log);
  const keys = createKeySource(now, log);
  const verifyingKeys = rememberVerified(keys);
  const nowSeconds = (): number => now() / 1000;

  const files = watchPolicyFiles(store, keys.prepare, POLL_MS, now);

  return {
    openPolicyFile: files.open,
    loadInlinePolicy(text) {
      const load = store.loadInline(text);
      if ("policy" in load) {
        void keys.prepare(load.policy);
      }
      return load;
    },
    async preload() {
      const names = await readdir(policyRoot, { recursive: true });
      const policies = names.filter((name) => POLICY_FILE.test(name) && !name.startsWith(".."));
      await Promise.all(policies.map((name) => files.open(name).current()));
    },
    decide: (facts, policy) => decide(facts, policy, verifyingKeys, nowSeconds),
    stop() {
      files.stop();
      keys.stop();
    },
  };
}
