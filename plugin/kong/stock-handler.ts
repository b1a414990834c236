import type { CallerIdentity, Consumer } from "../core/model/caller.ts";
import {
  type Allow,
  type Answer,
  type Decision,
  type Deny,
  type HeaderChanges,
  isAllow,
} from "../core/model/decision.ts";
import { formatReport } from "../observe/decision-log.ts";
import { describeError } from "../observe/describe-error.ts";
import type { OperatorLog } from "../observe/operator-log.ts";
import { createExit } from "./calls/create-exit.ts";
import { renderEnding, renderOtherInstance } from "./calls/verdict.ts";
import { type InstanceIdentity, isMeant } from "./contract/guard-mark.ts";
import type { ExitResponse, KongRoute, KongService, Pdk } from "./contract/pdk.ts";
import { NAME } from "./contract/plugin-identity.ts";
import { denyOwn } from "./deny-own.ts";
import { FACTS_VARIABLE, parseFactsVariable } from "./facts/facts-variable.ts";
import type { PluginInstance } from "./handler.ts";

/**
 * The functions of kong-pdk that are called, under its names. Values come as Kong's worker sends them, absent ones as null or
 * undefined.
 */
export interface StockPdk {
  readonly nginx: {
    get_var(name: string): Promise<string | null | undefined>;
    /** Without a value it sets nil. */
    set_ctx(name: string, ...value: readonly object[]): Promise<unknown>;
  };
  readonly request: {
    get_forwarded_scheme(): Promise<string | null | undefined>;
    get_headers(maxHeaders: number): Promise<Readonly<Record<string, string | readonly string[]>> | null | undefined>;
  };
  readonly client: {
    load_consumer(idOrUsername: string, byUsername: boolean): Promise<StockConsumer | null | undefined>;
    get_credential(): Promise<{ id?: string } | null | undefined>;
    get_consumer(): Promise<StockConsumer | null | undefined>;
    authenticate(consumer: StockConsumer, credential: object): Promise<unknown>;
  };
  /** Without a value it sets nil. */
  readonly ctx: { readonly shared: { set(name: string, ...value: readonly (readonly string[])[]): Promise<unknown> } };
  readonly router: {
    get_route(): Promise<KongRoute | null | undefined>;
    get_service(): Promise<KongService | null | undefined>;
  };
  readonly log: Readonly<Record<"err" | "warn" | "notice", (line: string) => Promise<unknown>>>;
  readonly service: {
    readonly request: {
      set_headers(headers: HeaderChanges): Promise<unknown>;
      set_raw_query(query: string): Promise<unknown>;
    };
  };
  readonly response: { exit(status: number, body: string, headers: ExitResponse["headers"]): Promise<unknown> };
}

/** Kong's own names. */
interface StockConsumer {
  readonly id?: string;
  readonly username?: string;
  readonly custom_id?: string;
  readonly created_at?: number;
  readonly tags?: readonly string[];
}

export interface StockHandler {
  readonly instance: PluginInstance;
  /** Undefined if Kong did not send it; then no request passes. */
  readonly identity: InstanceIdentity | undefined;
  /** Time limit for one decision in milliseconds. */
  readonly deadlineMs: number;
  readonly log: OperatorLog;
}

/**
 * The access phase in the stock plugin server. Its protocol proxies every request that is not refused, so the last call carries
 * the verdict to the guard. Refusals also go through the guard, because that server keeps the event of every `kong.response.exit`
 * for ever.
 */
export async function handleAccess(kong: StockPdk, handler: StockHandler): Promise<void> {
  const facts = (await kong.nginx.get_var(FACTS_VARIABLE.name)) ?? "";
  const guard = parseFactsVariable(facts)?.guard;
  if (!guard) {
    return refuseUnguarded(kong);
  }
  if (!handler.identity || !isMeant(guard, handler.identity)) {
    await kong.service.request.set_headers(renderOtherInstance(guard));
    return;
  }
  const decision = await decideInTime(createPdk(kong, facts), handler);
  for (const { level, line } of handler.log.takeWarnings()) {
    await kong.log[level](`${NAME}: ${line}`);
  }
  if (isAllow(decision)) {
    await applyAllow(kong, decision);
  } else {
    await kong.service.request.set_headers(renderEnding(guard, decision));
  }
}

/** The headers come last, because they include the verdict. */
async function applyAllow(kong: StockPdk, allow: Allow): Promise<void> {
  const report = formatReport(allow);
  if (report !== undefined) {
    await kong.log.warn(report);
  }
  if (allow.caller) {
    await setCaller(kong, allow.caller);
  }
  if (allow.rawQuery !== undefined) {
    await kong.service.request.set_raw_query(allow.rawQuery);
  }
  await kong.service.request.set_headers(allow.headers);
}

/** Makes the same calls as server/end-event.ts, one by one. If one fails, the verdict is never sent. */
async function setCaller(kong: StockPdk, { consumer, credentialId, groups }: CallerIdentity): Promise<void> {
  if (consumer) {
    const { customId, createdAt, ...same } = consumer;
    const named = { ...same, ...(customId && { custom_id: customId }), ...(createdAt && { created_at: createdAt }) };
    await kong.client.authenticate(named, { id: credentialId, consumer_id: consumer.id });
  } else {
    await kong.nginx.set_ctx("authenticated_consumer");
    await kong.nginx.set_ctx("authenticated_credential", ...(credentialId === undefined ? [] : [{ id: credentialId }]));
  }
  await kong.ctx.shared.set("authenticated_groups", ...(groups ? [groups] : []));
}

async function refuseUnguarded(kong: StockPdk): Promise<void> {
  await kong.log.err(
    `${NAME} refuses everything in kong-js-pluginserver unless ${NAME}-guard is loaded: see \`kong-jwt-policy kong env --stock\``,
  );
  const { status, body, headers } = createExit(denyOwn("policy_unavailable", ""));
  await kong.response.exit(status, body, headers);
}

/** Never rejects and never waits longer than the deadline. */
async function decideInTime(pdk: Pdk, { instance, deadlineMs, log }: StockHandler): Promise<Decision | Answer> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<Deny>((resolve) => {
    timer = setTimeout(() => resolve(denyOwn("deadline_exceeded", `${deadlineMs} ms`)), deadlineMs);
  });
  const decision = instance.access(pdk).catch((error: unknown) => {
    log.info(`event failed: ${describeError(error)}`);
    return denyOwn("internal_error", "see the plugin server's log");
  });
  return Promise.race([decision, deadline]).finally(() => clearTimeout(timer));
}

/** The plugin's view of kong-pdk. The facts are already known, because a guard always comes with them. */
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

function readConsumer(consumer: StockConsumer | null | undefined): Consumer {
  const { id, username, custom_id: customId, created_at: createdAt, tags } = consumer ?? {};
  return {
    ...(id && { id }),
    ...(username && { username }),
    ...(customId && { customId }),
    ...(createdAt && { createdAt }),
    ...(tags && { tags }),
  };
}
