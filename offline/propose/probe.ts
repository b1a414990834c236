import type { Consumer } from "../../plugin/core/model/caller.ts";
import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { listOperations, type Operation } from "../../plugin/policy/satisfy/list-operations.ts";
import { satisfyRule } from "../../plugin/policy/satisfy/satisfy-rule.ts";
import type { SatisfyingRequest } from "../../plugin/policy/satisfy/write-request.ts";
import type { OfflineRequest } from "../requests/request.ts";
import { plainRecipe, type TokenRecipe } from "../tokens/recipe.ts";
import { writeDraft } from "../tokens/write-draft.ts";

/** A request that may show an effect of a policy. A test document can contain the request. */
export interface Probe {
  readonly token: TokenRecipe | undefined;
  readonly request: OfflineRequest;
}

/** The clock and the Consumers for generated requests. */
export interface ProbeWorld {
  readonly nowSeconds: number;
  readonly consumers: readonly Consumer[];
}

const NAMELESS = "someone";
/** The value that satisfy-rule.ts chooses for `sub` if no requirement reads `sub`. */
const ANY_SUBJECT = "user-1";
const TIMES = ["iat", "exp"];

/**
 * Lists requests that the rule allows: one request for each operation, alternative and issuer. The list is empty if no
 * token can satisfy the rule.
 *
 * @param rule id of the rule.
 */
export async function listAllowed(policy: CompiledPolicy, rule: string, world: ProbeWorld): Promise<readonly Probe[]> {
  const compiled = policy.rules.get(rule);
  const probes: Probe[] = [];
  for (const original of compiled ? listOperations(compiled) : []) {
    const { operation, relaxed, authenticated } = relax(policy, rule, original);
    for (const wanted of listWanted(policy, operation)) {
      const satisfied = await satisfyRule({ policy: relaxed, rule, operation, withToken: true, ...world, ...wanted });
      if (satisfied.ok) {
        const { token, request } = toProbe(satisfied.value, rule, policy, world.nowSeconds);
        probes.push({ token, request: { ...request, authenticated } });
      }
    }
  }
  return probes;
}

/**
 * If a rule also requires the authentication of another plugin, all requests have this authentication. So the search
 * for a token ignores the requirement for another plugin.
 */
function relax(
  policy: CompiledPolicy,
  id: string,
  operation: Operation,
): {
  readonly operation: Operation;
  readonly relaxed: CompiledPolicy;
  readonly authenticated: OfflineRequest["authenticated"];
} {
  const rule = policy.rules.get(id);
  if (!rule || rule.operations || operation.requirements.otherAuthentication !== "require") {
    return { operation, relaxed: policy, authenticated: undefined };
  }
  const requirements = { ...operation.requirements, otherAuthentication: "ignore" as const };
  return {
    operation: { ...operation, requirements },
    relaxed: { ...policy, rules: new Map([...policy.rules, [id, { ...rule, requirements }]]) },
    authenticated: { credential: "session", consumer: undefined },
  };
}

function listWanted(
  policy: CompiledPolicy,
  { requirements, methods }: Operation,
): readonly Pick<Parameters<typeof satisfyRule>[0], "alternative" | "canSign" | "methods">[] {
  const few = methods === undefined ? { methods: ["GET"] } : {};
  return requirements.alternatives.flatMap(({ accept }, alternative) =>
    listIssuers(policy)
      .filter(({ id }) => accept.has(id))
      .map(({ id }) => ({ ...few, alternative, canSign: (issuer: { readonly id: string }) => issuer.id === id })),
  );
}

/** Writes the token of a request as a recipe. The recipe omits values that every recipe has by default. */
function toProbe(found: SatisfyingRequest, rule: string, policy: CompiledPolicy, nowSeconds: number): Probe {
  const request: OfflineRequest = {
    ...plainRequest(rule),
    method: found.method,
    target: found.path,
    headers: found.headers,
    tokenIn: nameSource(found, policy),
  };
  if (!found.token) {
    return { token: undefined, request };
  }
  const { issuer, claims } = found.token;
  const name = issuerName(policy, issuer.id);
  const usual = writeDraft(plainRecipe(NAMELESS, { issuer: name }), issuer, nowSeconds).claims;
  const own = Object.entries(claims).filter(
    ([claim, value]) =>
      !TIMES.includes(claim) && !(claim === "sub" && value === ANY_SUBJECT) && !isSame(value, usual[claim]),
  );
  return { token: plainRecipe(NAMELESS, { issuer: name, claims: Object.fromEntries(own) }), request };
}

/** If the policy has only one issuer, a recipe names no issuer. */
function issuerName(policy: CompiledPolicy, id: string): string | undefined {
  return listIssuers(policy).length === 1 ? undefined : id;
}

function nameSource({ source }: SatisfyingRequest, { tokenSources }: CompiledPolicy): string | undefined {
  const [first] = tokenSources;
  if (!source || source === first) {
    return undefined;
  }
  return source.from === "authorization" ? source.from : source.name;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A request to a rule, with only default values. */
export function plainRequest(rule: string): OfflineRequest {
  return {
    binding: { by: "rule", rule },
    method: "GET",
    target: "/",
    headers: new Map(),
    transport: "tls",
    tokenIn: undefined,
    authenticated: undefined,
    route: undefined,
  };
}
