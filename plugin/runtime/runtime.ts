import { relative } from "node:path";
import { decide } from "../core/decide.ts";
import { type Decision, isAllow } from "../core/decision.ts";
import type { CallerSource } from "../core/identity.ts";
import type { CompiledPolicy } from "../core/policy.ts";
import type { RequestFacts } from "../core/request.ts";
import type { FetchJson } from "../keys/fetch-json.ts";
import { KeyDirectory } from "../keys/key-directory.ts";
import { createKeySource, type IssuerKeysStatus } from "../keys/key-source.ts";
import type { KeyStoreStatus } from "../keys/key-store.ts";
import type { Log } from "../observe/operator-log.ts";
import { countDecisions, type JudgedCount, type ReportCount } from "../observe/report-counts.ts";
import { Admission, type Asker } from "./admission.ts";
import { keepInlinePolicies } from "./inline-policies.ts";
import { type LoadConsumer, rememberConsumers } from "./known-consumers.ts";
import type { InlineEntity } from "./last-good.ts";
import { listPolicyFiles } from "./list-policy-files.ts";
import type { PolicyCompiler } from "./policy-compiler.ts";
import { watchPolicyFiles } from "./policy-files.ts";
import type { PolicyStatus } from "./policy-report.ts";
import type { PolicySource } from "./policy-source.ts";
import { createPolicyStore } from "./policy-store.ts";
import { pollPolicies } from "./poll-policies.ts";
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
  openInlinePolicy(entity: InlineEntity, text: string, rule: string | undefined): PolicySource;
  /** Whether a request is to be judged: {@link Admission.admit}. */
  admit(facts: RequestFacts, isAbandoned: (() => boolean) | undefined): boolean | Promise<boolean>;
  decide(facts: RequestFacts, policy: CompiledPolicy, kong: AskedKong): Promise<Decision>;
  readonly readiness: Readiness;
  status(): readonly PolicyStatus[];
  keyStatus(): readonly IssuerKeysStatus[];
  /** Where keys are kept over restarts; undefined for nowhere. */
  keyStoreStatus(): KeyStoreStatus | undefined;
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
  /** Where policies are compiled; without it in this thread. */
  readonly compiler?: PolicyCompiler;
  /** How keys are fetched; without it by what needs no settings. */
  readonly fetchJson?: FetchJson;
  /** Paths of the settings for that, and of the files that they name. They are never read as policies. */
  readonly settingsFiles?: readonly string[];
  /** The directory where fetched keys are kept for the next process; undefined for nowhere. */
  readonly stateDir?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** How often inline policies that no request needs are looked for, in milliseconds. */
const RELEASE_MS = 30_000;

/** Puts store, keys, clock and pipeline together: the one composition root. Starts reading every policy under the root. */
export function createRuntime({
  policyRoot,
  policyPollMs,
  compiler = createPolicyStore(policyRoot),
  fetchJson,
  settingsFiles = [],
  stateDir,
  now,
  log,
}: RuntimeOptions): Runtime {
  const keyStore = stateDir === undefined ? undefined : new KeyDirectory(stateDir, log, now);
  const rootFiles = createRootFiles(policyRoot);
  const keys = createKeySource({ now, log, files: rootFiles, store: keyStore, ...(fetchJson && { fetchJson }) });
  const verifyingKeys = rememberVerified(keys);
  const consumers = rememberConsumers(now);
  const counts = countDecisions(now);
  const admission = new Admission({ now: () => performance.now(), defer: (step) => void setImmediate(step) });
  const nowSeconds = (): number => now() / 1000;

  const reserved = new Set(settingsFiles.map((file) => relative(policyRoot, file)));
  const versionPorts = { compiler, keys, log, now };
  const files = watchPolicyFiles({ ...versionPorts, reserved });
  const inline = keepInlinePolicies(versionPorts);
  const stopPolling = pollPolicies(files, policyPollMs);
  const releasing = setInterval(inline.releaseIdle, RELEASE_MS).unref();
  const readiness = watchReadiness({
    listFiles: async () => (await listPolicyFiles(policyRoot)).filter((file) => !reserved.has(file)),
    preloadFile: files.preload,
    keys,
    log,
  });

  return {
    openPolicyFile: files.open,
    openInlinePolicy: inline.open,
    admit: (facts, isAbandoned) => admission.admit(describeAsker(facts), isAbandoned),
    async decide(facts, policy, { workspace, loadConsumer, ...kong }) {
      const decision = await decide(facts, policy, verifyingKeys, nowSeconds, {
        ...kong,
        findConsumer: (lookup) => consumers.find(workspace, lookup, loadConsumer),
      });
      counts.add(decision);
      // Where a token has let the request pass, its issuer is named.
      if (isAllow(decision) && decision.evidence.issuer !== undefined && !decision.reported) {
        admission.noteGood(describeAsker(facts));
      }
      return decision;
    },
    readiness,
    status: () => [...files.status(), ...inline.status()],
    keyStatus: keys.status,
    keyStoreStatus: () => keyStore?.status(),
    reportStatus: counts.listReports,
    judgedStatus: counts.listJudged,
    refreshKeys: keys.refresh,
    stop() {
      readiness.stop();
      stopPolling();
      clearInterval(releasing);
      compiler.stop();
      keys.stop();
    },
  };
}

function describeAsker({ client, authorization }: RequestFacts): Asker {
  return { client, credentials: authorization };
}
