import type { OperatorLog } from "../observe/operator-log.ts";
import { listCalls, listExit, listOtherInstance } from "./calls/list-calls.ts";
import { denyOwn } from "./contract/deny-own.ts";
import { type InstanceIdentity, isMeant } from "./contract/guard-mark.ts";
import { readConsumer } from "./contract/kong-consumer.ts";
import type { Pdk } from "./contract/pdk.ts";
import type { PdkCall } from "./contract/pdk-call.ts";
import { NAME } from "./contract/plugin-identity.ts";
import type { StockPdk } from "./contract/stock-pdk.ts";
import { decideInTime } from "./decide-in-time.ts";
import { FACTS_VARIABLE, parseFactsVariable } from "./facts/facts-variable.ts";
import type { PluginInstance } from "./handler.ts";

export interface StockHandler {
  readonly instance: PluginInstance;
  /**
   * The instance's identity; undefined if Kong did not send it. If the instance's identity is missing, no request
   * passes.
   */
  readonly identity: InstanceIdentity | undefined;
  /** Time limit for one decision in milliseconds. */
  readonly deadlineMs: number;
  readonly log: OperatorLog;
}

/**
 * Handles the access phase in the stock plugin server. With the stock server's protocol, Kong proxies every request that is not
 * refused. So the plugin's last call sends the verdict to the guard. If an earlier call fails, the plugin never sends the
 * verdict.
 */
export async function handleAccess(kong: StockPdk, handler: StockHandler): Promise<void> {
  for (const call of await judge(kong, handler)) {
    await carryOut(kong, call);
  }
}

/**
 * The guard sends refusals to clients, because the stock server never frees the event of a `kong.response.exit`. The plugin calls
 * `kong.response.exit` itself only if Kong has no guard.
 */
async function judge(kong: StockPdk, handler: StockHandler): Promise<readonly PdkCall[]> {
  const facts = (await kong.nginx.get_var(FACTS_VARIABLE.name)) ?? "";
  const guard = parseFactsVariable(facts)?.guard;
  if (!guard) {
    return listExit(
      denyOwn("policy_unavailable", ""),
      `${NAME} refuses every request in kong-js-pluginserver unless ${NAME}-guard is loaded: see \`kong-jwt-policy kong env --stock\``,
    );
  }
  if (!handler.identity || !isMeant(guard, handler.identity)) {
    return listOtherInstance(guard);
  }
  const { instance, deadlineMs, log } = handler;
  const outcome = await new Promise((resolve) => {
    decideInTime(instance, createPdk(kong, facts), { deadlineMs, log: log.info }, resolve);
  });
  return listCalls(outcome, log.takeWarnings(), guard);
}

/** Makes one call. For example, if the method is `kong.log.warn`, calls kong-pdk's function with this name. */
function carryOut(kong: StockPdk, { method, args }: PdkCall): Promise<unknown> {
  let found: unknown = { kong };
  for (const name of method.split(".")) {
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return (found as (...values: PdkCall["args"]) => Promise<unknown>)(...args);
}

/**
 * Adapts kong-pdk to the interface that the plugin uses. The adapter does not read the facts variable from Kong again,
 * because the guard has already sent the variable.
 */
function createPdk(kong: StockPdk, facts: string): Pdk {
  return {
    nginx: {
      getVar: async (name) => (name === FACTS_VARIABLE.name ? facts : ((await kong.nginx.get_var(name)) ?? "")),
    },
    request: {
      getHeaders: async (maxHeaders) =>
        new Map(
          Object.entries((await kong.request.get_headers(maxHeaders)) ?? {}).map(([name, values]) => [
            name,
            [values].flat(),
          ]),
        ),
      getForwardedScheme: async () => (await kong.request.get_forwarded_scheme()) ?? "",
    },
    client: {
      loadConsumer: async (id, byUsername) => readConsumer(await kong.client.load_consumer(id, byUsername)),
      getCredential: async () => (await kong.client.get_credential()) ?? {},
      getConsumer: async () => readConsumer(await kong.client.get_consumer()),
    },
    router: {
      getRoute: async () => (await kong.router.get_route()) ?? {},
      getService: async () => (await kong.router.get_service()) ?? {},
    },
  };
}
