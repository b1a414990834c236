import { relative } from "node:path";
import { decide } from "../core/decide.ts";
import type { CallerSource } from "../core/model/caller.ts";
import { type Allow, type Answer, type Decision, isAllow, type Trace } from "../core/model/decision.ts";
import type { CompiledPolicy } from "../core/model/policy.ts";
import type { RequestFacts } from "../core/model/request.ts";
import type { FetchJson } from "../keys/fetch/fetch-json.ts";
import { createKeySource, type IssuerKeysStatus, type ProcessKeySource } from "../keys/life/key-source.ts";
import { KeyDirectory } from "../keys/store/key-directory.ts";
import type { KeyStoreStatus } from "../keys/store/key-store.ts";
import type { AbuseWatch, WatchedEvent } from "../observe/abuse/abuse-watch.ts";
import type { DecisionLog } from "../observe/decisions/decision-log.ts";
import type { Log } from "../observe/operator-log.ts";
import {
  countDecisions,
  type DecisionCount,
  type JudgedCount,
  type RejectionCount,
  type ReportCount,
} from "../observe/report-counts.ts";
import { Admission, type Asker, copyCredentials } from "./admission.ts";
import { Generation } from "./generation.ts";
import { type LoadConsumer, rememberConsumers } from "./known-consumers.ts";
import { listPolicyFiles } from "./load/list-policy-files.ts";
import type { PolicyCompiler } from "./load/policy-compiler.ts";
import { createRootFiles } from "./load/root-files.ts";
import { measureKeyWaits } from "./measure-key-waits.ts";
import { refuseInGuard } from "./refuse-in-guard.ts";
import { type KeptVerdict, VerdictCache, type VerdictCacheStatus, type VerdictKey } from "./verdict-cache.ts";
import { type Lookups, rememberVerified } from "./verified-tokens.ts";
import { keepInlinePolicies } from "./versions/inline-policies.ts";
import type { InlineEntity } from "./versions/last-good.ts";
import { watchPolicyFiles } from "./versions/policy-files.ts";
import type { PolicyLoads, PolicyStatus } from "./versions/policy-report.ts";
import type { PolicySource } from "./versions/policy-source.ts";
import { pollPolicies } from "./versions/poll-policies.ts";
import { type Readiness, watchReadiness } from "./versions/readiness.ts";

/** Asks Kong about the caller of one request. The process caches Consumers, but no other answers of Kong. */
interface AskedKong extends Omit<CallerSource, "findConsumer"> {
  /** The Kong workspace. The cache needs it, because Consumers in different workspaces may have the same name. */
  readonly workspace: string;
  readonly loadConsumer: LoadConsumer;
}

/** The look-ups in one cache since the start of the process. */
interface CacheCount {
  readonly cache: "verdicts" | "guard" | "signatures" | "consumers";
  readonly hits: number;
  /** The number of misses; undefined if the number is unknown. */
  readonly misses: number | undefined;
}

/** The state and functions that the process owns and all plugin instances share. */
export interface Runtime {
  /** Opens a policy file under the policy root. After a change of the file, the source returns the new policy. */
  openPolicyFile(file: string): PolicySource;
  /** Opens a policy that the configuration of a Kong plugin entity contains as text. */
  openInlinePolicy(entity: InlineEntity, text: string, rule: string | undefined): PolicySource;
  /** Whether the plugin should judge a request: see {@link Admission.admit}. */
  admit(facts: RequestFacts, isAbandoned: (() => boolean) | undefined): boolean | Promise<boolean>;
  decide(facts: RequestFacts, policy: CompiledPolicy, kong: AskedKong, trace?: Trace): Promise<Decision>;
  /** Counts and logs a request after its decision is carried out. This method never throws. */
  observe(outcome: Decision | Answer, event: WatchedEvent, tookMs: number): void;
  /** The watch for abuse; undefined if abuse is not watched. */
  readonly abuse: AbuseWatch | undefined;
  /** The generation of verdicts, which changes whenever an earlier verdict may have become wrong. */
  readonly generation: Generation;
  /** The cache of verdicts; undefined if verdicts are not reused. */
  readonly verdicts: VerdictCache | undefined;
  /** Stores a verdict: see {@link VerdictCache.keep}. */
  keepVerdict(
    policy: CompiledPolicy,
    key: VerdictKey,
    allow: Allow,
    sinceCount: number,
    facts: RequestFacts,
    event: Pick<WatchedEvent, "mode" | "source" | "claims" | "token">,
  ): KeptVerdict | undefined;
  readonly readiness: Readiness;
  status(): readonly PolicyStatus[];
  keyStatus(): readonly IssuerKeysStatus[];
  /** Returns the state of the store that keeps keys over restarts; undefined if the process stores no keys. */
  keyStoreStatus(): KeyStoreStatus | undefined;
  reportStatus(): readonly ReportCount[];
  rejectionStatus(): readonly RejectionCount[];
  judgedStatus(): readonly JudgedCount[];
  countStatus(): readonly DecisionCount[];
  loadStatus(): Readonly<PolicyLoads>;
  cacheStatus(): readonly CacheCount[];
  /** Returns the state of the cache of verdicts; undefined if verdicts are not reused. */
  verdictStatus(): VerdictCacheStatus | undefined;
  /** Reloads the keys of all issuers. The promise never rejects. */
  refreshKeys(): Promise<void>;
  stop(): void;
}

export interface RuntimeOptions {
  readonly policyRoot: string;
  /** How often the process checks policy files for changes, in milliseconds. */
  readonly policyPollMs: number;
  /** Compiles policies, in this thread or in others. */
  readonly compiler: PolicyCompiler;
  /** Fetches keys. By default, this is a fetcher without settings. */
  readonly fetchJson?: FetchJson;
  /** Paths of the fetch settings and of the files that the settings name. Settings files are never read as policies. */
  readonly settingsFiles?: readonly string[];
  /** The directory where the process stores fetched keys for the next process; undefined if it stores no keys. */
  readonly stateDir?: string | undefined;
  /** Replaces the issuers' keys by other keys. Only the sandbox uses this option. */
  readonly replaceKeys?: ReplaceKeys | undefined;
  /** Whether only the plugin server reuses verdicts, or the guard as well. By default, verdicts are not reused. */
  readonly verdictCache?: VerdictCaching;
  /** The decision log; undefined if the process logs no decisions. */
  readonly decisionLog?: DecisionLog | undefined;
  /** The watch for abuse; undefined if abuse is not watched. */
  readonly abuse?: AbuseWatch | undefined;
  /** Receives how long a request waited for keys, in milliseconds. */
  readonly onKeyWait?: ((waitedMs: number) => void) | undefined;
  /** Returns the time in milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

export type ReplaceKeys = (keys: ProcessKeySource) => ProcessKeySource;

/** `guard` means that both the guard and the plugin server reuse verdicts. */
export type VerdictCaching = "off" | "server" | "guard";

/** Time between two searches for inline policies that no request needs, in milliseconds. */
const RELEASE_MS = 30_000;

/**
 * The composition root: connects the stores, the keys, the clock and the pipeline. The function also starts to read
 * every policy under the policy root.
 */
export function createRuntime({
  policyRoot,
  policyPollMs,
  compiler,
  fetchJson,
  settingsFiles = [],
  stateDir,
  replaceKeys = (keys) => keys,
  verdictCache = "off",
  decisionLog,
  abuse,
  onKeyWait = () => {},
  now,
  log,
}: RuntimeOptions): Runtime {
  const keyStore = stateDir === undefined ? undefined : new KeyDirectory(stateDir, log, now);
  const rootFiles = createRootFiles(policyRoot);
  const generation = new Generation();
  const onChange = generation.begin;
  const keyPorts = { now, log, files: rootFiles, store: keyStore, onChange, ...(fetchJson && { fetchJson }) };
  const keys = replaceKeys(createKeySource(keyPorts));
  const signatures: Lookups = { hits: 0, misses: 0 };
  const knownConsumers: Lookups = { hits: 0, misses: 0 };
  const loads: PolicyLoads = { in_effect: 0, refused: 0 };
  const verifyingKeys = measureKeyWaits(rememberVerified(keys, signatures), onKeyWait);
  const consumers = rememberConsumers(now, knownConsumers);
  const counts = countDecisions(now);
  const admission = new Admission({ now: () => performance.now(), defer: (step) => void setImmediate(step) });
  const nowSeconds = (): number => now() / 1000;
  const verdicts =
    verdictCache === "off"
      ? undefined
      : new VerdictCache({
          now,
          generation,
          isForGuard: verdictCache === "guard",
          watch: abuse,
          countGuardHits({ evidence, mode }, requests) {
            counts.addPassed(evidence, mode, requests);
            decisionLog?.noteReused(evidence, requests);
            abuse?.notePassed(evidence, requests);
          },
        });

  const refuseAgain = refuseInGuard(generation, {
    now: () => performance.now(),
    wait: (callback, ms) => void setTimeout(callback, ms).unref(),
  });
  abuse?.onRefuse((isInGuard) => {
    if (isInGuard && verdictCache === "guard") {
      refuseAgain();
    }
  });
  const reserved = new Set(settingsFiles.map((file) => relative(policyRoot, file)));
  const versionPorts = { compiler, keys, log, now, onChange, loads };
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
    async decide(facts, policy, callers, trace) {
      // The code lists the properties one by one. An object spread would take as long as a whole stage of the pipeline.
      const asked: CallerSource = {
        authenticatedCredential: callers.authenticatedCredential,
        authenticatedConsumer: callers.authenticatedConsumer,
        findConsumer: (lookup) => consumers.find(callers.workspace, lookup, callers.loadConsumer),
      };
      const decision = await decide(facts, policy, verifyingKeys, nowSeconds, asked, trace, abuse);
      if (isAllow(decision) && hasGoodToken(decision)) {
        admission.noteGood(describeAsker(facts));
      }
      return decision;
    },
    observe(outcome, event) {
      counts.add(outcome, event);
      decisionLog?.note(outcome, event);
      abuse?.note(outcome, event);
    },
    abuse,
    generation,
    verdicts,
    keepVerdict(policy, key, allow, sinceCount, facts, { mode, source, claims, token }) {
      const asker = hasGoodToken(allow) ? copyCredentials(describeAsker(facts)) : {};
      const trace = { mode, source, claims: decisionLog?.pickClaims(claims) };
      return verdicts?.keep(policy, key, allow, sinceCount, { trace, token, onReuse: () => admission.noteGood(asker) });
    },
    readiness,
    status: () => [...files.status(), ...inline.status()],
    keyStatus: keys.status,
    keyStoreStatus: () => keyStore?.status(),
    reportStatus: counts.listReports,
    rejectionStatus: counts.listRejections,
    judgedStatus: counts.listJudged,
    countStatus: counts.listDecisions,
    loadStatus: () => ({ ...loads }),
    cacheStatus() {
      const { hits, misses, guardHits } = verdicts?.status() ?? { hits: 0, misses: 0, guardHits: 0 };
      return [
        { cache: "verdicts", hits, misses },
        { cache: "guard", hits: guardHits, misses: undefined },
        { cache: "signatures", ...signatures },
        { cache: "consumers", ...knownConsumers },
      ];
    },
    verdictStatus: () => verdicts?.status(),
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

/** If the evidence has an issuer, the request passed because of its token. */
function hasGoodToken({ evidence, reported }: Allow): boolean {
  return evidence.issuer !== undefined && !reported;
}

function describeAsker({ client, authorization }: RequestFacts): Asker {
  return { client, credentials: authorization };
}
