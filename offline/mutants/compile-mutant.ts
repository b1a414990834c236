import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { succeed } from "../../plugin/core/model/result.ts";
import { compileSource, type PolicyLoad } from "../../plugin/policy/read-policy.ts";
import { isMap, type PlainMap } from "./edit.ts";
import type { Mutant } from "./mutant.ts";

/**
 * Compiles a changed document. If the change is in one rule, the code compiles only this rule again. Compiling a large
 * policy for a thousand mutants would take minutes. Only the API's description depends on all rules, so a policy with a
 * description is compiled as a whole.
 *
 * @param data the unchanged document.
 * @param policy compiled from the unchanged document.
 */
export function compileMutant({ apply, path }: Mutant, data: unknown, policy: CompiledPolicy): PolicyLoad {
  const changed = apply(data);
  const [first, id] = path;
  if (first !== "routes" || typeof id !== "string" || !isMap(changed) || policy.protectedResource) {
    return compile(changed);
  }
  const routes: PlainMap = isMap(changed.routes) ? changed.routes : {};
  const rules = new Map(policy.rules);
  if (!Object.hasOwn(routes, id)) {
    rules.delete(id);
    return succeed({ ...policy, rules });
  }
  const alone = compile({ ...changed, routes: { [id]: routes[id] } });
  const rule = alone.ok ? alone.value.rules.get(id) : undefined;
  return rule ? succeed({ ...policy, rules: rules.set(id, rule) }) : alone;
}

function compile(data: unknown): PolicyLoad {
  return compileSource({ data, locate: () => [] }, "");
}
