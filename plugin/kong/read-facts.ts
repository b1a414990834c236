import type { Denial } from "../core/denial.ts";
import type { CompiledPolicy } from "../core/policy.ts";
import type { Binding } from "../core/request.ts";
import { FACTS_VARIABLE, parseFactsVariable, parseRequestLine, type VariableFacts } from "./facts-variable.ts";
import type { Pdk } from "./pdk.ts";

/** Most header names that are asked for. Kong drops the rest silently, so reaching it means not knowing. */
const MAX_HEADERS = 1000;

/**
 * Reads what the policy needs to know of the request, in one pass and with the fewest calls. `rule` is the one that the
 * plugin's configuration names; without it the Kong Route is asked for, on every request, because a route can be renamed
 * without the plugin instance starting anew.
 */
export type ReadFacts = (pdk: Pdk, policy: CompiledPolicy, rule: string | undefined) => Promise<ReadRequest | Denial>;

type ReadRequest = VariableFacts & { readonly binding: Binding };

/**
 * @param hasFactsVariable whether Kong is configured to set the facts variable.
 * @param log told once when it turns out that Kong does not.
 */
export function createFactsReader(hasFactsVariable: boolean, log: (line: string) => void): ReadFacts {
  let hasWarned = false;
  const readVariable = async (pdk: Pdk): Promise<VariableFacts | undefined> => {
    const facts = parseFactsVariable(await pdk.nginx.getVar(FACTS_VARIABLE.name));
    if (!facts && !hasWarned) {
      hasWarned = true;
      log(`$${FACTS_VARIABLE.name} is not what \`jwt-policy kong env\` sets: facts are read by more and slower calls`);
    }
    return facts;
  };
  return async (pdk, policy, rule) => {
    const binding = rule === undefined ? await readRoute(pdk) : ({ by: "rule", rule } as const);
    const facts = (hasFactsVariable ? await readVariable(pdk) : undefined) ?? (await readHeaders(pdk, policy));
    return "reason" in facts ? facts : { binding, ...facts };
  };
}

async function readRoute(pdk: Pdk): Promise<Binding> {
  const { name, tags } = await pdk.router.getRoute();
  return { by: "route", name, tags: tags ?? [] };
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
    guard: undefined, // It needs the facts variable, and says so.
  };
}
