import { readMetadataRequest } from "../core/answer/protected-resource.ts";
import { createReply } from "../core/answer/reply.ts";
import { type Answer, createAnswer, createDeny, type Decision, isAllow } from "../core/model/decision.ts";
import type { Denial } from "../core/model/denial.ts";
import type { CompiledPolicy } from "../core/model/policy.ts";
import { fail, type Result, succeed } from "../core/model/result.ts";
import { messageOf } from "../core/text/error-message.ts";
import type { PolicyLoad } from "../policy/read-policy.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { KeptVerdict, VerdictCache, VerdictKey } from "../runtime/verdict-cache.ts";
import { describeFindings } from "../runtime/versions/policy-report.ts";
import type { PolicySource } from "../runtime/versions/policy-source.ts";
import { addReusableVerdict, addVerdict } from "./calls/verdict.ts";
import { denyOwn } from "./contract/deny-own.ts";
import type { InstanceIdentity } from "./contract/guard-mark.ts";
import type { Pdk } from "./contract/pdk.ts";
import { type AskedFacts, findVerdictKey, PdkMemory } from "./facts/asked-facts.ts";
import { askCallers } from "./facts/callers.ts";
import { describeRoute } from "./facts/describe-route.ts";
import { EventRecord } from "./facts/event-record.ts";
import { FACTS_VARIABLE, parseGuard } from "./facts/facts-variable.ts";
import type { ReadFacts, ReadRequest } from "./facts/read-facts.ts";
import { type PluginConfig, parsePluginConfig } from "./schema/plugin-config.ts";

/**
 * Time limit for one event, in milliseconds. The limit includes time for the first fetch of keys, with up to two
 * requests of at most two seconds each.
 */
export const DEADLINE_MS = 5_000;

const OVERLOADED: Denial = {
  reason: "overloaded",
  detail: "more requests wait in the plugin server than it can judge in time",
};

/** One instance of the plugin in Kong: a configuration bound to a policy. */
export interface PluginInstance {
  /**
   * Decides about the request that `pdk` gives access to. The caller then carries out the decision.
   *
   * @param event receives the facts that the decision log and the metrics need in addition to the decision.
   */
  access(pdk: Pdk, event?: EventRecord): Promise<Decision | Answer>;
  /** Called when Kong no longer uses the instance. */
  close?(): void;
}

/**
 * Starts an instance of the plugin, and returns it at once. The plugin cannot report a failed start to Kong. So an instance whose
 * configuration or policy has a mistake refuses every request.
 *
 * @param configJson the plugin's configuration as Kong sends it.
 */
export function startPluginInstance(configJson: string, runtime: Runtime, readFacts: ReadFacts): PluginInstance {
  const configured = readConfigured(configJson, runtime);
  if (!configured.ok) {
    const denial = denyOwn("policy_unavailable", configured.failure);
    return { access: async () => denial };
  }
  const own: Instance = { ...configured.value, runtime, readFacts };
  return {
    access(pdk, event = new EventRecord()) {
      event.policyFile = own.file;
      event.pluginId = own.identity?.pluginId;
      return answer(own, pdk, event);
    },
    close: () => own.source.policy.close?.(),
  };
}

interface Configured {
  readonly source: { readonly name: string; readonly policy: PolicySource };
  /** The policy file; undefined for an inline policy. */
  readonly file: string | undefined;
  readonly rule: string | undefined;
  readonly identity: InstanceIdentity | undefined;
  readonly workspace: string;
}

interface Instance extends Configured {
  readonly runtime: Runtime;
  readonly readFacts: ReadFacts;
}

/** A request, and the policy that is in effect for the request. */
interface Asked {
  readonly pdk: Pdk;
  readonly policy: CompiledPolicy;
  readonly event: EventRecord;
}

/**
 * Does not wait if the policy is already loaded. Even a wait for a resolved promise would make the reuse of a verdict
 * 10 % slower.
 */
function answer(own: Instance, pdk: Pdk, event: EventRecord): Promise<Decision | Answer> {
  // The generation is read first, because policy and keys may change while this request waits.
  const policing = { sinceCount: own.runtime.generation.count, hasAskedRoute: false };
  const load = own.source.policy.current(() => {
    policing.hasAskedRoute = true;
    return describeRoute(pdk);
  });
  return load instanceof Promise
    ? load.then((loaded) => answerBy(loaded, own, pdk, event, policing))
    : answerBy(load, own, pdk, event, policing);
}

function answerBy(
  load: PolicyLoad,
  own: Instance,
  pdk: Pdk,
  event: EventRecord,
  policing: Policing,
): Promise<Decision | Answer> {
  if (!load.ok) {
    return Promise.resolve(denyOwn("policy_unavailable", summarize(describeFindings(own.source.name, load.failure))));
  }
  event.policy = load.value;
  const asked = { pdk, policy: load.value, event };
  const { verdicts } = own.runtime;
  return verdicts ? reuseOrJudge(own, asked, verdicts, policing) : judgeEachTime(own, asked);
}

async function judgeEachTime(own: Instance, asked: Asked): Promise<Decision | Answer> {
  const { event } = asked;
  const { decision, facts } = await judge(own, asked);
  event.guard = facts?.guard;
  return facts?.guard && own.identity ? addVerdict(decision, facts.guard, own.identity) : decision;
}

interface Policing {
  readonly sinceCount: number;
  /**
   * Whether the Kong Route decides which version of the policy is in effect. The guard must not reuse a verdict that
   * depends on the Route, because the guard does not know about the Route.
   */
  readonly hasAskedRoute: boolean;
}

/**
 * Reuses an earlier verdict about the same facts. If there is no such verdict, judges the request and stores the
 * verdict. To reuse a verdict, the plugin waits only for Kong's answers. Each further wait would make the reuse of a
 * verdict 10 % slower.
 */
async function reuseOrJudge(
  own: Instance,
  asked: Asked,
  verdicts: VerdictCache,
  policing: Policing,
): Promise<Decision | Answer> {
  const { pdk, policy, event } = asked;
  const route = own.rule === undefined ? await pdk.router.getRoute() : undefined;
  const facts = { variable: await pdk.nginx.getVar(FACTS_VARIABLE.name), route };
  event.factsText = facts.variable;
  event.route = route?.name;
  event.guard = parseGuard(facts.variable);
  if (event.guard?.reuse) {
    verdicts.addGuardHits(event.guard.reuse.process, event.guard.reuse.hits);
  }
  const key = findVerdictKey(facts, policy, own.rule);
  const kept = verdicts.recall(policy, key);
  if (kept === undefined) {
    return judgeAndKeep(own, asked, verdicts, policing, facts, key);
  }
  event.isReused = true;
  event.token = kept.token;
  event.mode = kept.trace.mode;
  event.source = kept.trace.source;
  event.claims = kept.trace.claims;
  return markForGuard(kept.allow, kept, own, asked, verdicts, policing);
}

/** @param key the request's key in the cache of verdicts; undefined if the plugin must not store the verdict. */
async function judgeAndKeep(
  own: Instance,
  asked: Asked,
  verdicts: VerdictCache,
  policing: Policing,
  known: AskedFacts,
  key: VerdictKey | undefined,
): Promise<Decision | Answer> {
  const { policy, event } = asked;
  const { runtime } = own;
  const memory = new PdkMemory(asked.pdk, known);
  const { decision, facts } = await judge(own, { pdk: memory, policy, event });
  let kept: KeptVerdict | undefined;
  if (key !== undefined && facts && isAllow(decision) && !memory.hasAskedMore) {
    event.token = runtime.abuse?.remember(event);
    kept = runtime.keepVerdict(policy, key, decision, policing.sinceCount, facts, event);
  }
  return markForGuard(decision, kept, own, asked, verdicts, policing);
}

/**
 * Adds what the guard needs to let the request pass. If the guard may reuse the verdict, the function also adds the
 * data for the reuse.
 */
function markForGuard(
  decision: Decision | Answer,
  kept: KeptVerdict | undefined,
  { rule, identity }: Instance,
  { policy, event }: Asked,
  verdicts: VerdictCache,
  { hasAskedRoute }: Policing,
): Decision | Answer {
  const { guard } = event;
  if (!guard || !identity) {
    return decision;
  }
  const isForGuard = !hasAskedRoute && guard.reuse && verdicts.isForGuardOf(kept, event.readClient(), guard.reuse);
  return kept && isForGuard
    ? addReusableVerdict(
        kept,
        {
          generation: verdicts.generation.name,
          facts: policy.decidingFacts,
          countsRoute: rule === undefined,
          countsClient: verdicts.countsClients,
        },
        guard,
        identity,
      )
    : addVerdict(decision, guard, identity);
}

interface Judged {
  readonly decision: Decision | Answer;
  /** The request's facts; undefined if the plugin could not read the facts. */
  readonly facts?: ReadRequest;
}

async function judge(
  { rule, workspace, runtime, readFacts }: Instance,
  { pdk, policy, event }: Asked,
): Promise<Judged> {
  const read = await readFacts(pdk, policy, rule);
  if (!read.ok) {
    return { decision: createDeny(read.failure, { policy: policy.name }, createReply(policy, undefined)) };
  }
  const facts = read.value;
  event.facts = facts;
  event.route = facts.binding.by === "route" ? facts.binding.name : undefined;
  if (!(await runtime.admit(facts, pdk.isAbandoned))) {
    // Report mode also rejects this request, because the plugin has made no decision about it.
    return { decision: createDeny(OVERLOADED, { policy: policy.name }, createReply(policy, facts)), facts };
  }
  const metadataRequest = readMetadataRequest(policy.protectedResource, facts);
  if (metadataRequest) {
    return { decision: createAnswer(metadataRequest), facts };
  }
  return { decision: await runtime.decide(facts, policy, askCallers(pdk, workspace), event), facts };
}

function readConfigured(configJson: string, runtime: Runtime): Result<Configured, string> {
  let config: PluginConfig;
  try {
    config = parsePluginConfig(configJson);
  } catch (error) {
    return fail(messageOf(error));
  }
  const { policyFile, policy = "", rule, identity, workspace, routeId, serviceId } = config;
  if (policyFile !== undefined) {
    const source = { name: policyFile, policy: runtime.openPolicyFile(policyFile) };
    return succeed({ source, file: policyFile, rule, identity, workspace });
  }
  const entity = { pluginId: identity?.pluginId, sequence: identity?.sequence, workspace, routeId, serviceId };
  const source = { name: "the inline policy", policy: runtime.openInlinePolicy(entity, policy, rule) };
  return succeed({ source, file: undefined, rule, identity, workspace });
}

function summarize(mistakes: readonly string[]): string {
  const [first = "the policy is refused"] = mistakes;
  return mistakes.length > 1 ? `${first} (and ${mistakes.length - 1} more)` : first;
}
