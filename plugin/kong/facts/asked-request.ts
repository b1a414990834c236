import type { CompiledPolicy } from "../../core/model/policy.ts";
import type { GuardMark } from "../contract/guard-mark.ts";
import type { KongRoute, Pdk } from "../contract/pdk.ts";
import { FACTS_VARIABLE, parseGuard } from "./facts-variable.ts";
import { narrowFacts } from "./narrow-facts.ts";

/** A request, and the facts that the plugin asked Kong for. */
export interface AskedRequest {
  /**
   * If two requests of one policy have the same key, an Allow for one request is right for the other request too. Undefined if
   * the plugin must judge the request in any case.
   */
  readonly key: string | undefined;
  /** The text of the facts variable. */
  readonly facts: string;
  /** Name of the Kong Route; undefined if the plugin did not ask Kong for the Route. */
  readonly route: string | undefined;
  /** What the guard expects of the verdict; undefined if no guard checks the verdict. */
  readonly guard: GuardMark | undefined;
  /** Kong's PDK. The PDK remembers the answers that Kong has already given about this request. */
  remember(): Pdk & { readonly hasAskedMore: boolean };
}

/**
 * Asks Kong for the facts variable, and for the Route if the plugin's configuration names no rule.
 *
 * @param rule the rule that the plugin's configuration names.
 */
export async function askForFacts(pdk: Pdk, policy: CompiledPolicy, rule: string | undefined): Promise<AskedRequest> {
  const route = rule === undefined ? await pdk.router.getRoute() : undefined;
  const facts = await pdk.nginx.getVar(FACTS_VARIABLE.name);
  const narrowed = narrowFacts(facts, policy.decidingFacts);
  return {
    key: narrowed === undefined ? undefined : `${describeBinding(rule, route)}\n${narrowed}`,
    facts,
    route: route?.name,
    guard: parseGuard(facts),
    remember: () => new PdkMemory(pdk, facts, route),
  };
}

/**
 * The name and the tags of a Route select the rule. `JSON.stringify` escapes line feeds, and the id of a rule has no line feed.
 * So the description is always one line of the key.
 */
function describeBinding(rule: string | undefined, route: KongRoute | undefined): string {
  return rule === undefined ? JSON.stringify([route?.name ?? null, route?.tags ?? []]) : rule;
}

/** Answers a repeated question from memory, without a call to Kong. */
class PdkMemory implements Pdk {
  /**
   * Whether the plugin asked Kong for facts that are not part of the key. These facts may differ for the next request with the
   * same key, so the decision must not be reused.
   */
  hasAskedMore = false;
  readonly nginx: Pdk["nginx"];
  readonly router: Pdk["router"];
  readonly #kong: Pdk;

  constructor(kong: Pdk, facts: string, route: KongRoute | undefined) {
    this.#kong = kong;
    this.nginx = {
      getVar: (name) => (name === FACTS_VARIABLE.name ? Promise.resolve(facts) : this.#askMore().nginx.getVar(name)),
    };
    this.router = {
      getRoute: () => (route ? Promise.resolve(route) : this.#askMore().router.getRoute()),
      getService: () => this.#askMore().router.getService(),
    };
  }

  get isAbandoned(): Pdk["isAbandoned"] {
    return this.#kong.isAbandoned;
  }

  get request(): Pdk["request"] {
    return this.#askMore().request;
  }

  get client(): Pdk["client"] {
    return this.#askMore().client;
  }

  #askMore(): Pdk {
    this.hasAskedMore = true;
    return this.#kong;
  }
}
