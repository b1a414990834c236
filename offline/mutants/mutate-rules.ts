import { compareSpecificity, templatesOverlap } from "../../plugin/core/request/specificity.ts";
import type { DocumentPath } from "../../plugin/policy/language/finding.ts";
import { parsePathTemplate } from "../../plugin/policy/language/path-template.ts";
import { METHODS } from "../propose/vary-request.ts";
import { entriesOf, isList, isMap, type PlainMap } from "./edit.ts";
import { type Mutant, type MutationWorld, mutate, setKey } from "./mutant.ts";
import { mutateRequirements } from "./mutate-requirements.ts";

/** Lists mutants of all rules and of the defaults. */
export function mutateRules(data: PlainMap, world: MutationWorld): readonly Mutant[] {
  const defaults = isMap(data.defaults) ? data.defaults : {};
  const rules = entriesOf(data.routes);
  return [
    ...mutateRequirements(defaults, ["defaults"], world),
    ...mutateSwitches(defaults, ["defaults"], true),
    ...rules.flatMap(([id, rule]) => mutateRule(id, isMap(rule) ? rule : {}, world)),
  ];
}

function mutateRule(id: string, rule: PlainMap, world: MutationWorld): readonly Mutant[] {
  const path = ["routes", id];
  const operations = isList(rule.operations) ? rule.operations : [];
  return [
    mutate("drop_rule", path, `rule ${id} is removed`, () => undefined),
    ...mutateRequirements(rule, path, world),
    ...mutateSwitches(rule, path, false),
    // If a rule has operations, the rule's own access and mode have no effect. So there are no mutants of this access
    // and this mode.
    ...(operations.length === 0 ? mutateAccess(rule, path) : []),
    ...(operations.length === 0
      ? []
      : [setKey("drop_operations", path, "operations", undefined, "every request of the Route matches")]),
    ...operations.flatMap((operation, index) =>
      isMap(operation)
        ? mutateOperation(operation, [...path, "operations", index], operations.toSpliced(index, 1), world, rule)
        : [],
    ),
  ];
}

function mutateOperation(
  operation: PlainMap,
  path: DocumentPath,
  others: readonly unknown[],
  world: MutationWorld,
  rule: PlainMap,
): readonly Mutant[] {
  const methods = isList(operation.methods) ? operation.methods.map(String) : [];
  const added = METHODS.filter(
    (method) => !methods.includes(method) && !others.some((other) => fits(other, method, operation)),
  );
  const inherited = {
    ...(rule.access !== undefined && { access: rule.access }),
    ...(rule.mode !== undefined && { mode: rule.mode }),
  };
  return [
    ...(others.length === 0 ? [] : [mutate("drop_operation", path, "the operation is removed", () => undefined)]),
    ...(added.length === 0
      ? []
      : [setKey("add_methods", path, "methods", [...methods, ...added], `${added.join(", ")} are allowed as well`)]),
    ...(methods.length < 2
      ? []
      : methods.map((method) => {
          const left = methods.filter((other) => other !== method);
          return setKey("drop_method", path, "methods", left, `${method} is not allowed`);
        })),
    ...mutatePath(operation.path, path),
    ...mutateRequirements(operation, path, world),
    ...mutateSwitches(operation, path, false),
    ...mutateAccess({ ...inherited, ...operation }, path),
  ];
}

/** Whether another operation with the same method can match the same path, and its template is equally specific. */
function fits(other: unknown, method: string, { path }: PlainMap): boolean {
  if (!isMap(other) || !isList(other.methods) || !other.methods.map(String).includes(method)) {
    return false;
  }
  const [one, two] = [parsePathTemplate(String(other.path)), parsePathTemplate(String(path))];
  return one.ok && two.ok && compareSpecificity(one.value, two.value) === 0 && templatesOverlap(one.value, two.value);
}

/**
 * Lists mutants of a path template. A literal segment becomes a placeholder. Text beside a placeholder is removed. A
 * placeholder at the end becomes a subtree.
 */
function mutatePath(template: unknown, path: DocumentPath): readonly Mutant[] {
  if (typeof template !== "string") {
    return [];
  }
  const segments = template.split("/");
  const last = segments.length - 1;
  const widen = (kind: string, index: number, segment: string): Mutant => {
    const wider = segments.with(index, segment).join("/");
    return setKey(kind, path, "path", wider, `${wider} is allowed, not only ${template}`);
  };
  return segments.flatMap((segment, index): readonly Mutant[] => {
    const [, name = "", dots] = /\{([A-Za-z_][A-Za-z0-9_]*)(\.\.\.)?\}/.exec(segment) ?? [];
    if (index === 0 || segment === "" || dots !== undefined) {
      return [];
    }
    if (name === "") {
      return [widen("path_to_template", index, "{any_value}")];
    }
    if (segment !== `{${name}}`) {
      return [widen("drop_path_text", index, `{${name}}`)];
    }
    return index === last ? [widen("path_to_subtree", index, `{${name}...}`)] : [];
  });
}

/** Lists mutants of `access` and `mode`. */
function mutateAccess(source: PlainMap, path: DocumentPath): readonly Mutant[] {
  const { access = "required", mode } = source;
  return [
    ...(access === "required" ? [setKey("access_optional", path, "access", "optional", "no token is needed")] : []),
    ...(access === "public" ? [] : [setKey("access_public", path, "access", "public", "no token is checked")]),
    ...(access === "required" ? [] : [setKey("access_required", path, "access", "required", "a token is needed")]),
    ...(mode === "report" || access === "public"
      ? []
      : [setKey("report_only", path, "mode", "report", "denials are only reported")]),
    ...(mode === "report" ? [setKey("enforce", path, "mode", "enforce", "denials are enforced")] : []),
  ];
}

/**
 * Lists mutants of switches. Almost every policy relies on the default value of a switch. One mutant changes the switch for all
 * rules at once. Each part of the document that sets the switch has a mutant of its own.
 */
function mutateSwitches(source: PlainMap, path: DocumentPath, isDefault: boolean): readonly Mutant[] {
  const { allow_http: http, cors_preflight: preflight, other_authentication: other, mode } = source;
  const isWritten = (value: unknown): boolean => value !== undefined || isDefault;
  return [
    ...(isWritten(http) && http !== true
      ? [setKey("allow_http", path, "allow_http", true, "tokens are accepted in clear text")]
      : []),
    ...(http === true ? [setKey("refuse_http", path, "allow_http", false, "clear text is refused")] : []),
    ...(isWritten(preflight) && preflight !== "pass"
      ? [setKey("pass_preflights", path, "cors_preflight", "pass", "preflights pass without a token")]
      : []),
    ...(preflight === "pass"
      ? [setKey("judge_preflights", path, "cors_preflight", "judge", "preflights need a token")]
      : []),
    ...(other === "require" || other === "skip"
      ? [setKey("drop_other_authentication", path, "other_authentication", "ignore", "only the token counts")]
      : []),
    ...(other === "require"
      ? [
          setKey(
            "other_authentication_suffices",
            path,
            "other_authentication",
            "skip",
            "another authentication is enough",
          ),
        ]
      : []),
    ...(isDefault && mode !== "report"
      ? [setKey("report_unmatched", path, "mode", "report", "denials are only reported, even if no rule matches")]
      : []),
  ];
}
