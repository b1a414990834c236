import { RULE_TAG_PREFIX } from "../../plugin/core/model/request.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { readDocument } from "../../plugin/policy/read/read-document.ts";
import { validateDocument } from "../../plugin/policy/read/validate-document.ts";
import type { CheckedPlugin } from "./check-plugins.ts";
import { findGoverning } from "./check-routes.ts";
import { type StatePlugin, type StateRoute, textAt, textsAt } from "./state/kong-state.ts";
import { findingAt } from "./state/state-finding.ts";

type Operations = readonly { readonly methods: readonly string[]; readonly path: string }[];
type OperationsByRule = ReadonlyMap<string, Operations>;

/**
 * Warns of operations that no request can reach, because no Kong Route of their rule has a path and a method that fit.
 * Both Kong and the policy compare the path that the client sends. The check skips Routes whose paths are regular
 * expressions.
 */
export function checkOperations(
  routes: readonly StateRoute[],
  plugins: readonly StatePlugin[],
  checked: readonly CheckedPlugin[],
): Finding[] {
  // The check reads each Route and each text only once, because hundreds of Routes can share one policy with hundreds of rules.
  const governed = routes.map((route) => ({ route, by: findGoverning(route, plugins)?.node }));
  const operationsByText = new Map<string | undefined, OperationsByRule>();
  return checked.flatMap((plugin) => {
    const operations = operationsByText.get(plugin.text) ?? listOperations(plugin);
    operationsByText.set(plugin.text, operations);
    const own = governed.flatMap(({ route, by }) =>
      by === plugin.node ? [{ route, rule: findRuleName(route, plugin) }] : [],
    );
    const rules = new Set(own.flatMap(({ rule }) => rule ?? []));
    return [...rules].flatMap((rule) => {
      const ofRule = own.flatMap((each) => (each.rule === rule ? each.route : []));
      return checkRule(rule, operations.get(rule) ?? [], ofRule, plugin);
    });
  });
}

/** Finds the name of the rule that a plugin applies to a Route. */
export function findRuleName(route: StateRoute, { config, policy }: CheckedPlugin): string | undefined {
  const name = textAt(route.node, "name");
  const tag = route.tags.find((candidate) => candidate.startsWith(RULE_TAG_PREFIX))?.slice(RULE_TAG_PREFIX.length);
  return config.get("rule")?.value ?? (name !== undefined && policy?.rules.has(name) ? name : tag);
}

/** The operations of each rule, as the policy document writes them. */
function listOperations({ text }: CheckedPlugin): OperationsByRule {
  const source = text === undefined ? undefined : readDocument(text);
  const valid = source?.ok ? validateDocument(structuredClone(source.value.data)) : undefined;
  const rules = valid?.ok ? Object.entries(valid.value.routes) : [];
  return new Map(rules.map(([rule, { operations = [] }]) => [rule, operations]));
}

function checkRule(
  rule: string,
  operations: Operations,
  own: readonly StateRoute[],
  { policy }: CheckedPlugin,
): Finding[] {
  const [first] = own;
  if (!first) {
    return [];
  }
  return operations
    .filter(({ path, methods }) => !own.some((route) => isReached(route, path, methods)))
    .map(({ path, methods }) => {
      const paths = own.flatMap((route) => textsAt(route.node, "paths")).join(", ");
      const message = `Route "${first.names[0] ?? ""}" takes ${paths === "" ? "other methods" : paths}, so no request reaches the operation ${methods.join("/")} ${path} of rule "${rule}" in policy "${policy?.name}". In an operation, write the path that the client sends, and not the path after strip_path.`;
      return findingAt(first.source, first.node, "warning", "operation_outside_route", message);
    });
}

function isReached({ node }: StateRoute, path: string, methods: readonly string[]): boolean {
  const paths = textsAt(node, "paths");
  const taken = textsAt(node, "methods");
  const fixed = (path.split("{", 1)[0] ?? "").toLowerCase();
  const isOnPath =
    paths.length === 0 ||
    paths.some((prefix) => {
      const start = prefix.toLowerCase();
      return (
        start.startsWith("~") || path.toLowerCase().startsWith(start) || (path.includes("{") && start.startsWith(fixed))
      );
    });
  return isOnPath && (taken.length === 0 || methods.some((method) => taken.includes(method)));
}
