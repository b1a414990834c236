import { messageOf } from "../core/text/error-message.ts";
import { createFetcher, type FetchJson } from "../keys/fetch/fetch-json.ts";
import { denyOwn } from "../kong/contract/deny-own.ts";
import { createFactsReader } from "../kong/facts/read-facts.ts";
import { type PluginInstance, startPluginInstance } from "../kong/handler.ts";
import type { AbuseSettings } from "../observe/abuse/abuse-settings.ts";
import { listAbuseFiles } from "../runtime/abuse-settings.ts";
import { listDecisionLogFiles } from "../runtime/decision-log-settings.ts";
import { listSettingsFiles, openFetcher } from "../runtime/fetch-settings.ts";
import { compileInThreads, type ThreadCompiler } from "../runtime/load/compile-in-threads.ts";
import { createRuntime, type ReplaceKeys, type Runtime } from "../runtime/runtime.ts";
import { createMetrics, type Metrics } from "./metrics/create-metrics.ts";
import { keepMetrics, type MetricsText } from "./metrics/serve-metrics.ts";
import { createAbuseWatch, readAbuse } from "./open-abuse-watch.ts";
import { type OpenLog, openLogFile, startDecisionLog } from "./open-decision-log.ts";
import type { ServerProcess } from "./server-process.ts";
import { checkPolicyRoot, type ServerOptions } from "./settings/server-options.ts";
import type { Status } from "./status/describe-status.ts";

const RETRY_MS = 1_000;

const countedSince = Date.now();

/** Judges Kong's calls according to the policies. If the server cannot judge requests, it refuses all requests. */
export interface Judge {
  readonly start: (configJson: string) => PluginInstance;
  readonly isReady: () => boolean;
  /** Resolves when a compiling thread has warmed up, see {@link ThreadCompiler.warmed}. */
  readonly warmed: Promise<void>;
  readonly readStatus: () => Status;
  readonly refreshKeys: () => void;
  /** Counts and logs a request, see {@link Runtime.observe}. The function is undefined if there is nothing to count or log. */
  readonly observe?: Runtime["observe"];
  /** Reads the metrics as text. The function is undefined if the server does not offer metrics. */
  readonly readMetrics?: (() => Promise<MetricsText>) | undefined;
}

/**
 * If a launcher started the server and the settings are wrong, the server does not end, because Kong's log does not
 * show why a process ended. Instead, the server refuses all requests and reports what is wrong.
 */
export async function prepareJudge(own: ServerProcess, replaceKeys?: ReplaceKeys): Promise<Judge> {
  try {
    return await openPolicies(own, replaceKeys);
  } catch (error) {
    if (own.launchers === undefined) {
      throw error;
    }
    const reason = messageOf(error);
    own.log.warn(`the plugin server cannot judge requests: ${reason}`);
    retryUntilSound(own);
    return refuseAll(reason);
  }
}

async function openPolicies(own: ServerProcess, replaceKeys?: ReplaceKeys): Promise<Judge> {
  const { options, log, socket } = own;
  const { policyRoot, policyPollMs, stateDir, hasFactsVariable, verdictCache } = options;
  const { fetchJson, settingsFiles, openLog, abuseSettings } = await openSettings(options);
  const decisionLog = openLog && startDecisionLog(own, openLog);
  const abuse = abuseSettings && createAbuseWatch(own, abuseSettings, decisionLog);
  const compiler: ThreadCompiler = compileInThreads({ policyRoot, log });
  let metrics: Metrics | undefined;
  const runtime = createRuntime({
    policyRoot,
    policyPollMs,
    compiler,
    fetchJson,
    settingsFiles,
    stateDir,
    replaceKeys,
    verdictCache: hasFactsVariable ? verdictCache : "off",
    decisionLog,
    abuse,
    onKeyWait: (waitedMs) => metrics?.observeKeyWait(waitedMs),
    now: Date.now,
    log,
  });
  metrics = options.statusListen && createMetrics({ runtime, decisionLog, abuse, now: Date.now });
  const readFacts = createFactsReader(hasFactsVariable, log.warn);
  return {
    start: (configJson) => startPluginInstance(configJson, runtime, readFacts),
    observe(outcome, event, tookMs) {
      runtime.observe(outcome, event, tookMs);
      metrics?.observeDecision(tookMs);
    },
    readMetrics:
      metrics &&
      keepMetrics({
        metrics,
        socket: options.socket,
        isOurs: () => socket.isOurs(),
        lifecycle: own.lifecycle,
        log: log.info,
      }),
    isReady: runtime.readiness.isReady,
    warmed: compiler.warmed,
    readStatus: () =>
      describeStatus(
        runtime,
        socket.isOurs() ? [] : [`the socket ${options.socket} belongs to another process, or no process listens on it`],
      ),
    refreshKeys() {
      log.info("SIGHUP: all keys are loaded again");
      void runtime.refreshKeys();
    },
  };
}

/**
 * Reads all settings that the options name, and opens the file of the decision log. This function is called at the
 * start and at each retry. So a retry ends the process only if the next start can succeed.
 *
 * @throws Error if the policy root, a settings file or the file of the decision log is not usable.
 */
async function openSettings(options: ServerOptions): Promise<OpenSettings> {
  const { policyRoot, fetchSettings } = options;
  checkPolicyRoot(policyRoot);
  const fetchJson = fetchSettings === undefined ? createFetcher() : await openFetcher(fetchSettings);
  const settingsFiles = await listOwnFiles(options);
  const openLog = await openLogFile(options);
  const abuseSettings = await readAbuse(options).catch(async (error: unknown) => {
    await openLog?.sink.close();
    throw error;
  });
  return { fetchJson, settingsFiles, openLog, abuseSettings };
}

interface OpenSettings {
  readonly fetchJson: FetchJson;
  readonly settingsFiles: readonly string[];
  readonly openLog: OpenLog | undefined;
  readonly abuseSettings: AbuseSettings | undefined;
}

/**
 * Lists the plugin's settings files. The options name some of these files, and these files can name further files. The
 * plugin never reads a settings file as a policy.
 */
async function listOwnFiles({ fetchSettings, decisionLog, abuse }: ServerOptions): Promise<readonly string[]> {
  return [
    ...(fetchSettings === undefined ? [] : await listSettingsFiles(fetchSettings)),
    ...(decisionLog === undefined ? [] : await listDecisionLogFiles(decisionLog)),
    ...(abuse === undefined ? [] : await listAbuseFiles(abuse)),
  ];
}

/**
 * @param reasons further reasons why this process is not ready. The function itself adds the reasons that come from
 * policies and keys.
 */
function describeStatus(runtime: Runtime, reasons: readonly string[]): Status {
  return {
    reasons: [...runtime.readiness.reasons(), ...reasons],
    policies: runtime.status(),
    keys: runtime.keyStatus(),
    keyStore: runtime.keyStoreStatus(),
    reports: runtime.reportStatus(),
    rejections: runtime.rejectionStatus(),
    judged: runtime.judgedStatus(),
    verdicts: runtime.verdictStatus(),
    abuse: runtime.abuse?.status(),
    countedSince,
    at: Date.now(),
  };
}

function refuseAll(reason: string): Judge {
  const denial = denyOwn("internal_error", `the plugin server cannot judge requests: ${reason}`);
  return {
    start: () => ({ access: async () => denial }),
    isReady: () => false,
    warmed: Promise.resolve(),
    readStatus: () => ({
      reasons: [reason],
      ...{ policies: [], keys: [], reports: [], rejections: [], judged: [] },
      countedSince,
      at: Date.now(),
    }),
    refreshKeys: () => {},
  };
}

/**
 * Checks the settings again and again. Ends the process when they have become valid. The next process then starts with
 * these settings.
 */
function retryUntilSound({ options, lifecycle }: ServerProcess): void {
  const retry = async (): Promise<void> => {
    try {
      const { openLog } = await openSettings(options);
      await openLog?.sink.close();
      lifecycle.end("the settings are valid now");
    } catch {
      setTimeout(retry, RETRY_MS);
    }
  };
  setTimeout(retry, RETRY_MS);
}
