/**
 * The plugin as Kong's JavaScript PDK defines it, for the stock `kong-js-pluginserver`. The stock server uses the protocol
 * `MsgPack:1`. If the plugin process dies, hangs or throws, `MsgPack:1` makes Kong proxy the request. The guard
 * prevents this, because the guard checks the verdict inside Kong. So under the stock server, the plugin judges
 * requests only if the guard is loaded. Without the guard, the plugin refuses every request.
 */

import { messageOf } from "./core/text/error-message.ts";
import { createFetcher, type FetchJson } from "./keys/fetch/fetch-json.ts";
import { denyOwn } from "./kong/contract/deny-own.ts";
import { PRIORITY, VERSION } from "./kong/contract/plugin-identity.ts";
import type { StockPdk } from "./kong/contract/stock-pdk.ts";
import { createFactsReader } from "./kong/facts/read-facts.ts";
import { DEADLINE_MS, type PluginInstance, startPluginInstance } from "./kong/handler.ts";
import { CONFIG_FIELDS } from "./kong/schema/config-schema.ts";
import { readIdentity } from "./kong/schema/plugin-config.ts";
import { handleAccess, type StockHandler } from "./kong/stock-handler.ts";
import { createOperatorLog } from "./observe/operator-log.ts";
import { openFetcher } from "./runtime/fetch-settings.ts";
import { compileInThreads } from "./runtime/load/compile-in-threads.ts";
import { createRuntime, type Runtime } from "./runtime/runtime.ts";

/** The default polling interval of our own plugin server, in milliseconds. */
const POLICY_POLL_MS = 1_000;

// Kong's worker reads the standard output of this process. After the worker has ended, a direct write to standard
// output would end this process. `console.log` does not end it.
const log = createOperatorLog((line) => console.log(line));

let runtime: Runtime | undefined;

/**
 * Opens the runtime at first use. Kong's query command also loads this module. The query command needs no policies, and
 * an open runtime would keep its process from exiting.
 */
function openRuntime(): Runtime {
  const policyRoot = process.env.JWT_POLICY_ROOT;
  if (policyRoot === undefined || policyRoot === "") {
    throw new Error("JWT_POLICY_ROOT is not set to a policy root: see `kong-jwt-policy kong env --stock`");
  }
  runtime ??= createRuntime({
    policyRoot,
    policyPollMs: POLICY_POLL_MS,
    compiler: compileInThreads({ policyRoot, log }),
    fetchJson: openFetcherLater(process.env.JWT_POLICY_FETCH_SETTINGS),
    stateDir: process.env.JWT_POLICY_STATE_DIR || undefined,
    now: Date.now,
    log,
  });
  return runtime;
}

/**
 * Broken settings cannot keep the stock server from starting. So this function opens the settings only when the plugin
 * fetches keys for the first time. While the settings are broken, no keys are fetched, and the log shows the reason.
 */
function openFetcherLater(settingsFile: string | undefined): FetchJson {
  if (settingsFile === undefined || settingsFile === "") {
    return createFetcher();
  }
  let opening: Promise<FetchJson> | undefined;
  return async (url, options) => {
    opening ??= openFetcher(settingsFile).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return (await opening)(url, options);
  };
}

/**
 * Starts an instance of the plugin for one configuration. An instance that cannot start refuses every request, and logs the
 * reason each time.
 */
function startInstance(configJson: string): PluginInstance {
  try {
    return startPluginInstance(configJson, openRuntime(), createFactsReader(true, log.warn));
  } catch (error) {
    const detail = messageOf(error);
    return { access: async () => denyOwn("policy_unavailable", detail) };
  }
}

/**
 * The stock server does not tell the plugin when it drops an instance. So this registry closes an instance after the
 * garbage collector has removed it.
 */
const droppedInstances = new FinalizationRegistry<PluginInstance>((instance) => instance.close?.());

export class Plugin {
  readonly #handler: StockHandler;

  /** @param config the plugin's configuration as Kong sends it. */
  constructor(config: object) {
    const instance = startInstance(JSON.stringify(config));
    droppedInstances.register(this, instance);
    this.#handler = { instance, identity: readIdentity(config), deadlineMs: DEADLINE_MS, log };
  }

  access(kong: StockPdk): Promise<void> {
    return handleAccess(kong, this.#handler);
  }
}

export const Schema = CONFIG_FIELDS;
export const Version = VERSION;
export const Priority = PRIORITY;
