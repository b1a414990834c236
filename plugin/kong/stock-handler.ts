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
  /** Undefined if Kong did not send the identity. Without an identity, no request passes. */
  readonly identity: InstanceIdentity | undefined;
  /** Time limit for one decision in milliseconds. */
  readonly deadlineMs: number;
  readonly log: OperatorLog;
}

/**
 * The access phase in the stock plugin server. With its protocol, Kong proxies every request that is not refused. So the last
 * call sends the verdict to the guard. If a call fails, the verdict is never sent.
 */
export async function handleAccess(kong: StockPdk, handler: StockHandler): Promise<void> {
  for (const call of await judge(kong, handler)) {
    await carryOut(kong, call);
  }
}

/**
 * The guard sends refusals, because the stock server keeps the event of every `kong.response.exit` for ever. The plugin calls the
 * exit only if Kong has no guard.
 */
async function judge(kong: StockPdk, handler: StockHandler): Promise<readonly PdkCall[]> {
  const facts = (await kong.nginx.get_var(FACTS_VARIABLE.name)) ?? "";
  const guard = parseFactsVariable(facts)?.guard;
  if (!guard) {
    return listExit(
      denyOwn("policy_unavailable", ""),
      `${NAME} refuses everything in kong-js-pluginserver unless ${NAME}-guard is loaded: see \`kong-jwt-policy kong env --stock\``,
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

/** Makes one call. kong-pdk offers the function `kong.log.warn` as `kong.log.warn(…)`. */
function carryOut(kong: StockPdk, { method, args }: PdkCall): Promise<unknown> {
  let found: unknown = { kong };
  for (const name of method.split(".")) {
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return (found as (...values: PdkCall["args"]) => Promise<unknown>)(...args);
}

/** The plugin's view of kong-pdk. The facts are already known, because the guard always sends them. */
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
