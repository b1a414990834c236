import type { Denial } from "../core/denial.ts";
import type { CompiledPolicy } from "../core/policy.ts";
import type { Binding, RequestFacts } from "../core/request.ts";
import { FACTS_VARIABLE, parseFactsVariable, parseRequestLine, type VariableFacts } from "./facts-variable.ts";
import type { Pdk } from "./pdk.ts";

/** Most header names that are asked for. Kong drops the rest silently, so reaching it means not knowing. */
const MAX_HEADERS = 1000;

/**
 * Reads what the policy needs to know of the request, in one pass and with the fewest calls.
 *
 * @param rule the rule that the plugin's configuration names. Without it the Kong Route is asked for, on every request:
 *   a route can be renamed without the plugin instance starting anew.
 * @param hasFactsVariable whether Kong is configured to set the facts variable.
 */
export async function readFacts(
  pdk: Pdk,
  policy: CompiledPolicy,
  rule: string | undefined,
  hasFactsVariable: boolean,
): Promise<RequestFacts | Denial> {
  const binding = rule === undefined ? await readRoute(pdk) : ({ by: "rule", rule } as const);
  const facts = (hasFactsVariable ? await readVariable(pdk) : undefined) ?? (await readHeaders(pdk, policy));
  return "reason" in facts ? facts : { binding, ...facts };
}

async function readRoute(pdk: Pdk): Promise<Binding> {
  const { name, tags } = await pdk.router.getRoute();
  return { by: "route", name, tags: tags ?? [] };
}

async function readVariable(pdk: Pdk): Promise<VariableFacts | undefined> {
  return parseFactsVariable(await pdk.nginx.getVar(FACTS_VARIABLE.name));
}

async function readHeaders(pdk: Pdk, policy: CompiledPolicy): Promise<VariableFacts | Denial> {
  const headers = await pdk.request.getHeaders(MAX_HEADERS);
  const count = [...headers.values()].reduce((sum, values) => sum + values.length, 0);
  if (count >= MAX_HEADERS) {
    return { reason: "too_many_headers" };
  }
  const authorization = headers.get("authorization") ?? [];
  if (authorization.length > 1) {
    return { reason: "token_ambiguous" };
  }
  return {
    requestLine: policy.needsRequestLine ? parseRequestLine(await pdk.nginx.getVar("request")) : undefined,
    connection: headers.get("connection")?.join(",") || undefined,
    authorization: authorization[0] || undefined,
  };
}
