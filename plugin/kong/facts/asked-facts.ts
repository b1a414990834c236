import type { CompiledPolicy } from "../../core/model/policy.ts";
import type { VerdictKey } from "../../runtime/verdict-cache.ts";
import type { KongRoute, Pdk } from "../contract/pdk.ts";
import { FACTS_VARIABLE } from "./facts-variable.ts";
import { narrowFacts } from "./narrow-facts.ts";

/** The facts about a request that the plugin has asked Kong for. */
export interface AskedFacts {
  /** The text of the facts variable. */
  readonly variable: string;
  /**
   * The Kong Route. If the plugin's configuration names a rule, the plugin does not ask for the Route, and `route` is
   * undefined.
   */
  readonly route: KongRoute | undefined;
}

/**
 * Returns the key under which the plugin may store an Allow for this request. If two requests of one policy have the
 * same key, an Allow for one of them is right for the other one too. Returns undefined if the plugin must judge the
 * request in any case.
 *
 * @param rule the rule that the plugin's configuration names.
 */
export function findVerdictKey(
  { variable, route }: AskedFacts,
  { decidingFacts }: CompiledPolicy,
  rule: string | undefined,
): VerdictKey | undefined {
  return narrowFacts(variable, decidingFacts, describeBinding(rule, route));
}

/**
 * The name and the tags of a Route select the rule. `JSON.stringify` escapes line feeds, and the id of a rule has no line feed.
 * So the description of the rule is always one line of the key.
 */
function describeBinding(rule: string | undefined, route: KongRoute | undefined): string {
  return rule === undefined ? JSON.stringify([route?.name ?? null, route?.tags ?? []]) : rule;
}

/** Kong's PDK with a memory. If the plugin repeats a question, the memory answers without a call to Kong. */
export class PdkMemory implements Pdk {
  /**
   * Whether the plugin asked Kong for facts that are not part of the key. These facts may differ in the next request
   * with the same key, so the plugin must not reuse the decision.
   */
  hasAskedMore = false;
  readonly nginx: Pdk["nginx"];
  readonly router: Pdk["router"];
  readonly #kong: Pdk;

  constructor(kong: Pdk, { variable, route }: AskedFacts) {
    this.#kong = kong;
    this.nginx = {
      getVar: (name) => (name === FACTS_VARIABLE.name ? Promise.resolve(variable) : this.#askMore().nginx.getVar(name)),
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
