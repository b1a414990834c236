/**
 * The gateway's client of the plugin server. Plugin instances, events and their failures work as in Kong's `plugin.lua`
 * and `pb_rpc.lua`. A request passes only after a completed event.
 */
import { setImmediate as yieldToOthers } from "node:timers/promises";
import type { KongPlugin } from "../config/kong-config.ts";
import type { ExitResponse } from "../message/exit-response.ts";
import type { Log } from "../message/gateway-log.ts";
import type { GatewayRequest } from "../message/gateway-request.ts";
import type { PdkContext } from "./pdk-method.ts";
import { exchangeCall, exchangeEvent } from "./plugin-call.ts";
import { createConnectionPool } from "./plugin-connection.ts";
import { createInstances } from "./plugin-instances.ts";

const PLUGIN_NAME = "jwt-policy";

/**
 * Kong retries forever in a busy loop. The sandbox stops after this many attempts, so that a broken plugin server
 * cannot block the sandbox.
 */
const MAX_TRIES = 100;

/** The result of the plugin's access phase. `failed` means that the gateway answers 500, as Kong does. */
export type EventOutcome = { kind: "proceed" } | { kind: "exit"; response: ExitResponse } | { kind: "failed" };

export interface PluginClient {
  /** Runs the plugin's access phase. The promise never rejects. */
  handleAccess(plugin: KongPlugin, request: GatewayRequest): Promise<EventOutcome>;
  close(): void;
}

export interface PluginClientOptions {
  socketPath: string;
  /** The time limit for one read from the plugin server, in milliseconds. */
  readTimeout: number;
  log: Log;
}

export function createPluginClient({ socketPath, readTimeout, log }: PluginClientOptions): PluginClient {
  const pool = createConnectionPool(socketPath, readTimeout);
  let lastSequence = 1;
  const nextSequence = (): number => {
    lastSequence += 1;
    return lastSequence;
  };

  const instances = createInstances(async (config) => {
    const connection = await pool.acquire();
    try {
      const answer = await exchangeCall(connection, {
        sequence: nextSequence(),
        cmdStartInstance: { name: PLUGIN_NAME, config: Buffer.from(JSON.stringify(config)) },
      });
      connection.keepAlive();
      if (answer.instanceStatus === undefined) {
        throw new Error("attempt to index field 'instance_status' (a nil value)");
      }
      return answer.instanceStatus.instanceId ?? 0;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  });

  const sendEvent = async (instanceId: number, context: PdkContext): Promise<EventOutcome> => {
    const connection = await pool.acquire();
    try {
      const outcome = await exchangeEvent(
        connection,
        { sequence: nextSequence(), cmdHandleEvent: { instanceId, eventName: "access" } },
        context,
      );
      if (outcome === "proceed") {
        connection.keepAlive();
        return { kind: "proceed" };
      }
      connection.destroy();
      return { kind: "exit", response: outcome };
    } catch (error) {
      connection.destroy();
      throw error;
    }
  };

  return {
    handleAccess: async (plugin, request) => {
      const about = { id: request.id, line: request.requestLine };
      const context: PdkContext = {
        request,
        log: (level, message) => log({ level, source: "plugin", message, request: about }),
      };
      const report = (level: "warn" | "err", message: string): void =>
        log({ level, source: "gateway", message, request: about });
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        let instanceId: number;
        try {
          instanceId = await instances.getId(plugin);
        } catch (error) {
          report("err", `starting instance: ${messageOf(error)}`);
          return { kind: "failed" };
        }
        try {
          return await sendEvent(instanceId, context);
        } catch (error) {
          const message = messageOf(error);
          if (!/no plugin instance|closed/i.test(message)) {
            report("err", `pluginserver error: ${message}`);
            return { kind: "failed" };
          }
          report("warn", message);
          instances.reset();
          await yieldToOthers();
        }
      }
      report("err", `gave up after ${MAX_TRIES} tries (Kong would go on)`);
      return { kind: "failed" };
    },
    close: () => pool.close(),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
