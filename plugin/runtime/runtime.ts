import { relative } from "node:path";
import { decide } from "../core/decide.ts";
import type { CallerSource } from "../core/model/caller.ts";
import { type Decision, isAllow } from "../core/model/decision.ts";
import type { CompiledPolicy } from "../core/model/policy.ts";
import type { RequestFacts } from "../core/model/request.ts";
import type { FetchJson } from "../keys/fetch/fetch-json.ts";
import { createKeySource, type IssuerKeysStatus } from "../keys/life/key-source.ts";
import { KeyDirectory } from "../keys/store/key-directory.ts";
import type { KeyStoreStatus } from "../keys/store/key-store.ts";
import type { Log } from "../observe/operator-log.ts";
import { countDecisions, type JudgedCount, type ReportCount } from "../observe/report-counts.ts";
import { Admission, type Asker } from "./admission.ts";
import { type LoadConsumer, rememberConsumers } from "./known-consumers.ts";
import { listPolicyFiles } from "./load/list-policy-files.ts";
import type { PolicyCompiler } from "./load/policy-compiler.ts";
import { createPolicyStore } from "./load/policy-store.ts";
import { createRootFiles } from "./load/root-files.ts";
import { rememberVerified } from "./verified-tokens.ts";
import { keepInlinePolicies } from "./versions/inline-policies.ts";
import type { InlineEntity } from "./versions/last-good.ts";
import { watchPolicyFiles } from "./versions/policy-files.ts";
import type { PolicyStatus } from "./versions/policy-report.ts";
import type { PolicySource } from "./versions/policy-source.ts";
import { pollPolicies } from "./versions/poll-policies.ts";
import { type Readiness, watchReadiness } from "./versions/readiness.ts";

/** Questions to Kong about one request. Only Consumers are cached. */
interface AskedKong extends Omit<CallerSource, "findConsumer"> {
  /** Separates Consumers with the same name in different workspaces of one Kong. */
  readonly workspace: string;
  readonly loadConsumer: LoadConsumer;
}

/** Everything that the process owns and all plugin instances share. */
export interface Runtime {
  /** Opens a policy file under the root. Its result changes with the file. */
  openPolicyFile(file: string): PolicySource;
  /** Opens a policy that the configuration of a Kong plugin entity contains as text. */
  openInlinePolicy(entity: InlineEntity, text: string, rule: string | undefined): PolicySource;
  /** Whether to judge a request: see {@link Admission.admit}. */
  admit(facts: RequestFacts, isAbandoned: (() => boolean) | undefined): boolean | Promise<boolean>;
  decide(facts: RequestFacts, policy: CompiledPolicy, kong: AskedKong): Promise<Decision>;
  readonly readiness: Readiness;
  status(): readonly PolicyStatus[];
  keyStatus(): readonly IssuerKeysStatus[];
  /** The state of the store that keeps keys over restarts; undefined if keys are not stored. */
  keyStoreStatus(): KeyStoreStatus | undefined;
  reportStatus(): readonly ReportCount[];
  judgedStatus(): readonly JudgedCount[];
  /** Reloads all keys. Never rejects. */
  refreshKeys(): Promise<void>;
  stop(): void;
}

export interface RuntimeOptions {
  readonly policyRoot: string;
  /** How often to check policy files for changes, in milliseconds. */
  readonly policyPollMs: number;
  /** Compiles policies. Default: this thread compiles them. */
  readonly compiler?: PolicyCompiler;
  /** Fetches keys. Default: a fetcher without settings. */
  readonly fetchJson?: FetchJson;
  /** Paths of the fetch settings and of the files that the settings name. These files are never read as policies. */
  readonly settingsFiles?: readonly string[];
  /** The directory where fetched keys are stored for the next process; undefined if they are not stored. */
  readonly stateDir?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** Time between two searches for inline policies that no request needs, in milliseconds. */
const RELEASE_MS = 30_000;

/** The composition root: connects store, keys, clock and pipeline. Starts reading every policy under the root. */
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
      // If the request passed because of a token, the evidence names the token's issuer.
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
