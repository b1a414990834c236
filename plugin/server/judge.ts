import { createFetcher } from "../keys/fetch/fetch-json.ts";
import { denyOwn } from "../kong/contract/deny-own.ts";
import { createFactsReader } from "../kong/facts/read-facts.ts";
import { type PluginInstance, startPluginInstance } from "../kong/handler.ts";
import { listSettingsFiles, openFetcher } from "../runtime/fetch-settings.ts";
import { compileInThreads, type ThreadCompiler } from "../runtime/load/compile-in-threads.ts";
import { createRuntime, type Runtime } from "../runtime/runtime.ts";
import type { ServerProcess } from "./server-process.ts";
import { checkPolicyRoot } from "./settings/server-options.ts";
import type { Status } from "./status/status.ts";

const RETRY_MS = 1_000;

const countedSince = Date.now();

/** Answers Kong's calls with decisions by policies, or refuses all requests. */
export interface Judge {
  readonly start: (configJson: string) => PluginInstance;
  readonly isReady: () => boolean;
  /** See {@link ThreadCompiler.warmed}. */
  readonly warmed: Promise<void>;
  readonly readStatus: () => Status;
  readonly refreshKeys: () => void;
}

/** A launched server that cannot judge refuses all requests with the reason, because Kong's log does not show why a process ended. */
export async function prepareJudge(own: ServerProcess): Promise<Judge> {
  try {
    return await openPolicies(own);
  } catch (error) {
    if (own.launchers === undefined) {
      throw error;
    }
    const reason = error instanceof Error ? error.message : "unknown error";
    own.log.warn(`the plugin server cannot judge requests: ${reason}`);
    retryUntilSound(own);
    return refuseAll(reason);
  }
}

async function openPolicies({ options, log, socket }: ServerProcess): Promise<Judge> {
  const { policyRoot, policyPollMs, fetchSettings, stateDir, hasFactsVariable } = options;
  checkPolicyRoot(policyRoot);
  const fetchJson = fetchSettings === undefined ? createFetcher() : await openFetcher(fetchSettings);
  const settingsFiles = fetchSettings === undefined ? [] : await listSettingsFiles(fetchSettings);
  const compiler: ThreadCompiler = compileInThreads({ policyRoot, log });
  const runtime = createRuntime({
    policyRoot,
    policyPollMs,
    compiler,
    fetchJson,
    settingsFiles,
    stateDir,
    now: Date.now,
    log,
  });
  const readFacts = createFactsReader(hasFactsVariable, log.warn);
  return {
    start: (configJson) => startPluginInstance(configJson, runtime, readFacts),
    isReady: runtime.readiness.isReady,
    warmed: compiler.warmed,
    readStatus: () =>
      describeStatus(runtime, socket.isOurs() ? [] : [`another process or none serves ${options.socket}`]),
    refreshKeys() {
      log.info("SIGHUP: all keys are loaded again");
      void runtime.refreshKeys();
    },
  };
}

/** @param reasons reasons why this process is not ready, in addition to those of its policies and keys. */
function describeStatus(runtime: Runtime, reasons: readonly string[]): Status {
  return {
    reasons: [...runtime.readiness.reasons(), ...reasons],
    policies: runtime.status(),
    keys: runtime.keyStatus(),
    keyStore: runtime.keyStoreStatus(),
    reports: runtime.reportStatus(),
    judged: runtime.judgedStatus(),
    countedSince,
  };
}

function refuseAll(reason: string): Judge {
  const denial = denyOwn("internal_error", `the plugin server cannot judge requests: ${reason}`);
  return {
    start: () => ({ access: async () => denial }),
    isReady: () => false,
    warmed: Promise.resolve(),
    readStatus: () => ({ reasons: [reason], policies: [], keys: [], reports: [], judged: [], countedSince }),
    refreshKeys: () => {},
  };
}

/** Ends the process when its settings are valid, so that the next process starts with them. */
function retryUntilSound({ options, lifecycle }: ServerProcess): void {
  const retry = async (): Promise<void> => {
    try {
      checkPolicyRoot(options.policyRoot);
      if (options.fetchSettings !== undefined) {
        await openFetcher(options.fetchSettings);
      }
      lifecycle.end("its settings are sound now");
    } catch {
      setTimeout(retry, RETRY_MS);
    }
  };
  setTimeout(retry, RETRY_MS);
}
