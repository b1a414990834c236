import { decide } from "../../plugin/core/decide.ts";
import { NO_CALLERS } from "../../plugin/core/model/caller.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import type { Binding } from "../../plugin/core/model/request.ts";
import { findTransport } from "../../plugin/kong/facts/read-transport.ts";
import type { OwnKeys } from "../explain/own-keys.ts";
import type { FactsLine } from "../logs/read-recorded-line.ts";
import { toVerdict, unknown, type Verdict } from "./verdict.ts";

/**
 * Judges recorded facts by the gateway's own pipeline, at the time of the line. The code checks a signature only with
 * keys that need no network.
 */
export async function judgeFacts(
  { facts, nowSeconds }: FactsLine,
  binding: Binding,
  policy: CompiledPolicy,
  keys: OwnKeys,
): Promise<Verdict> {
  const transport = findTransport(facts.connectionFacts, facts.headers);
  const rule = binding.by === "rule" ? policy.rules.get(binding.rule) : undefined;
  const all = rule
    ? [rule.requirements, ...(rule.operations?.values ?? [])]
    : [...policy.rules.values()].map(({ requirements }) => requirements);
  if (all.some(({ otherAuthentication, access }) => access !== "public" && otherAuthentication !== "ignore")) {
    return unknown("other_authentication");
  }
  if (policy.identity) {
    return unknown("other_authentication");
  }
  if (transport === undefined) {
    return unknown("transport_not_logged");
  }
  const { connectionFacts: _, carried, guard: __, ...request } = facts;
  if (policy.readHeaders.some((name) => !carried.includes(name))) {
    return unknown("header_not_logged");
  }
  return toVerdict(await decide({ ...request, binding, transport }, policy, keys, () => nowSeconds, NO_CALLERS));
}
