import { decide } from "../core/decide.ts";
import type { Decision } from "../core/decision.ts";
import type { CallerSource } from "../core/identity.ts";
import type { CompiledPolicy } from "../core/policy.ts";
import type { RequestFacts } from "../core/request.ts";
import type { FetchJson } from "../keys/fetch-json.ts";
import { createKeySource, type IssuerKeysStatus } from "../keys/key-source.ts";
import type { Log } from "../observe/operator-log.ts";
import { countDecisions, type JudgedCount, type ReportCount } from "../observe/report-counts.ts";
import { keepInlinePolicies } from "./inline-policies.ts";
import { type LoadConsumer, rememberConsumers } from "./known-consumers.ts";
import { listPolicyFiles } from "./list-policy-files.ts";
import { watchPolicyFiles } from "./policy-files.ts";
import type { PolicyStatus } from "./policy-report.ts";
import type { PolicySource } from "./policy-source.ts";
import { createPolicyStore } from "./policy-store.ts";
import { type Readiness, watchReadiness } from "./readiness.ts";
import { createRootFiles } from "./root-files.ts";
import { rememberVerified } from "./verified-tokens.ts";

/** What can be asked of the Kong behind one request. Only Consumers are remembered. */
interface AskedKong extends Omit<CallerSource, "findConsumer"> {
  /** Keeps apart what different plugins of one Kong may know under the same name. */
  readonly workspace: string;
  readonly loadConsumer: LoadConsumer;
}

/** Everything that the process owns and all plugin instances share. */
export interface Runtime {
  /** A file under the root; what it yields changes with the file. */
  openPolicyFile(file: string): PolicySource;
  /** A policy that the configuration of a Kong plugin entity carries as text. */
  openInlinePolicy(pluginId: string | undefined, text: string, rule: string | undefined): PolicySource;
  decide(facts: RequestFacts, policy: CompiledPolicy, kong: AskedKong): Promise<Decision>;
  readonly readiness: Readiness;
  status(): readonly PolicyStatus[];
  keyStatus(): readonly IssuerKeysStatus[];
  reportStatus(): readonly ReportCount[];
  judgedStatus(): readonly JudgedCount[];
  /** Loads all keys anew. Never rejects. */
  refreshKeys(): Promise<void>;
  stop(): void;
}

export interface RuntimeOptions {
  readonly policyRoot: string;
  /** How often to look whether policy files changed, in milliseconds. */
  readonly policyPollMs: number;
  /** How keys are fetched; without it by what needs no settings. */
  readonly fetchJson?: FetchJson;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** Puts store, keys, clock and pipeline together: the one composition root. Starts reading every policy under the root. */
export function createRuntime({ policyRoot, policyPollMs, fetchJson, now, log }: RuntimeOptions): Runtime {
  const rootFiles = createRootFiles(policyRoot);
  const store = createPolicyStore(policyRoot);
  const keys = createKeySource({ now, log, files: rootFiles, ...(fetchJson && { fetchJson }) });
  const verifyingKeys = rememberVerified(keys);
  const consumers = rememberConsumers(now);
  const counts = countDecisions(now);
  const nowSeconds = (): number => now() / 1000;

  const files = watchPolicyFiles({ store, keys, log, pollMs: policyPollMs, now });
  const inline = keepInlinePolicies(store, keys, log);
  const readiness = watchReadiness({
    listFiles: () => listPolicyFiles(policyRoot),
    openFile: files.open,
    keys,
    log,
  });

  return {
    openPolicyFile: files.open,
    openInlinePolicy: inline.open,
    async decide(facts, policy, { workspace, loadConsumer, ...kong }) {
      const decision = await decide(facts, policy, verifyingKeys, nowSeconds, {
        ...kong,
        findConsumer: (lookup) => consumers.find(workspace, lookup, loadConsumer),
      });
      counts.add(decision);
      return decision;
    },
    readiness,
    status: () => [...files.status(), ...inline.status()],
    keyStatus: keys.status,
    reportStatus: counts.listReports,
    judgedStatus: counts.listJudged,
    refreshKeys: keys.refresh,
    stop() {
      readiness.stop();
      files.stop();
      keys.stop();
    },
  };
}
