import type { DocumentPath } from "../../../plugin/policy/language/finding.ts";
import { listSettled, type SettledRule } from "../../../plugin/policy/requirements/list-settled.ts";
import {
  REQUIREMENT_KEYS,
  type RequirementSource,
  type SettledAlternative,
} from "../../../plugin/policy/requirements/settle-requirements.ts";
import type { PolicyDocument } from "../../../schema/generated/policy-document.ts";
import type { LintRule, Place } from "../model/rule.ts";
import { policy, rule } from "./examples.ts";
import { SHADOWED } from "./text-rules.ts";

const NAMES = ["required_scopes", "required_roles", "required_groups"] as const;

/** Rules about requirements that do not work. The findings come from `plugin/policy/lint`. */
const UNUSABLE: readonly LintRule[] = [
  SHADOWED,
  {
    id: "condition_contradiction",
    topic: "requirement",
    severity: "warning",
    summary: "Two requirements contradict each other, so no value can meet both.",
    why: "Every request to the rule is refused. Remove one of the requirements.",
    bad: rule("required_roles: { all_of: [staff], none_of: [staff] }"),
    good: rule("required_roles: { all_of: [staff], none_of: [suspended] }"),
  },
  {
    id: "condition_on_registered_claim",
    topic: "requirement",
    severity: "warning",
    summary:
      "A condition on a registered claim contradicts another part of the policy, or policies have a key of their own for this claim.",
    why: "Policies have keys of their own for `iss`, `aud`, `exp`, `scope` and similar claims: `accept`, `audiences`, `required_scopes`, `token_type`, `max_token_age` and `max_token_lifetime`.",
    bad: rule("required_claims:\n  scope: { contains_any: [orders:read] }"),
    good: rule("required_scopes: [orders:read]"),
  },
  {
    id: "alternative_always_met",
    topic: "requirement",
    severity: "warning",
    summary: "An alternative of `any_of` requires nothing.",
    why: "Every token meets the empty alternative, so the other alternatives have no effect. Remove the alternative, or add a requirement.",
    bad: rule("any_of:\n  - {}\n  - required_scopes: [orders:read]"),
    good: rule("any_of:\n  - required_roles: [staff]\n  - required_scopes: [orders:read]"),
  },
  {
    id: "alternative_repeated",
    topic: "requirement",
    severity: "warning",
    summary: "Two alternatives of `any_of` are equal.",
    why: "The second alternative has no effect. The author probably copied the alternative by mistake.",
    bad: rule(
      "any_of:\n  - required_scopes: [orders:read]\n  - required_roles: [staff] # the back office\n  - required_scopes: [orders:read]",
    ),
    good: rule("any_of:\n  - required_scopes: [orders:read]\n  - required_roles: [staff] # the back office"),
    fix: {
      summary: "removes the second alternative, if there are three or more alternatives",
      changes: ({ path, parent }) =>
        Array.isArray(parent) && parent.length > 2 ? [{ kind: "remove", path }] : undefined,
    },
  },
];

/** Rules about requirements that work, but let more requests pass than most authors intend. */
const RISKY: readonly LintRule[] = [
  {
    id: "report_mode",
    topic: "requirement",
    severity: "warning",
    summary: "`mode: report` is on, so requests pass even if the policy denies them.",
    why: "Use report mode only while you introduce a policy. If report mode stays on, the policy protects nothing. While you introduce a policy, suppress the finding. Write the end date of report mode as the reason.",
    bad: rule("required_scopes: [orders:read]\nmode: report # since March"),
    good: rule("required_scopes: [orders:read]\nmode: enforce # since March"),
    check: eachSource(({ mode }, path) =>
      mode === "report"
        ? [
            {
              path: [...path, "mode"],
              message: `Requests pass even if the policy denies them. Write "enforce", or suppress the finding with the end date of report mode as the reason.`,
            },
          ]
        : [],
    ),
    fix: { summary: "writes `enforce`", changes: ({ path }) => [{ kind: "set", path, to: "enforce" }] },
  },
  {
    id: "clear_text_allowed",
    topic: "requirement",
    severity: "error",
    summary: "Tokens may come over the network without TLS (`allow_http: true`).",
    why: "Anyone on the network path can read and use a token in clear text. If a proxy terminates TLS, list the proxy in Kong's `trusted_ips` instead.",
    bad: rule("required_scopes: [orders:read]\nallow_http: true"),
    good: rule("required_scopes: [orders:read]\nallow_http: false"),
    check: eachSource(({ allow_http: isAllowed }, path) =>
      isAllowed
        ? [
            {
              path: [...path, "allow_http"],
              message: `A token in clear text can be stolen on its way through the network. If a proxy terminates TLS, list the proxy in Kong's "trusted_ips" instead.`,
            },
          ]
        : [],
    ),
    fix: { summary: "writes `false`", changes: ({ path }) => [{ kind: "set", path, to: false }] },
  },
  {
    id: "other_authentication_skip",
    topic: "requirement",
    severity: "warning",
    summary: "`other_authentication: skip`: if another plugin has authenticated a request, the request needs no token.",
    why: "No requirement of this policy applies to such a request, not even scopes and roles. If a request needs a token and also the other authentication, use `require`. Use `ignore` if every request needs a token.",
    bad: rule("required_scopes: [orders:read]\nother_authentication: skip"),
    good: rule("required_scopes: [orders:read]\nother_authentication: require"),
    check: eachSource(({ other_authentication: other }, path) =>
      other === "skip"
        ? [
            {
              path: [...path, "other_authentication"],
              message:
                "Requests that another plugin has authenticated pass, even if they do not meet the requirements of this policy.",
            },
          ]
        : [],
    ),
  },
  {
    id: "exclusion_only",
    topic: "requirement",
    severity: "warning",
    summary: "A rule only excludes names (`none_of`), and requires nothing.",
    why: "A token without any role passes. For example, it is the token of a new client, or of a user whose roles were removed. Also require something with `all_of` or `any_of`.",
    bad: rule("required_roles: { none_of: [suspended] }"),
    good: rule("required_roles: { all_of: [customer], none_of: [suspended] }"),
    check: eachAlternative(({ keys, placeOf }) => {
      const excluding = NAMES.find((key) => noneOf(keys[key]).length > 0);
      return excluding === undefined || requiresSomething(keys)
        ? []
        : [
            {
              path: [...placeOf(excluding), "none_of"],
              atKey: true,
              message: `A token without any role, scope or group passes. Also require something with "all_of" or "any_of".`,
            },
          ];
    }),
  },
  {
    id: "any_token_allowed",
    topic: "requirement",
    severity: "warning",
    summary: "A rule checks only the issuer and the audience of a valid token.",
    why: "Every client and every user passes if they can get a token for this API. Require a scope or a role, or set `required_claims` of the issuer.",
    bad: rule("access: required"),
    good: rule("access: required\nrequired_scopes: [orders:read]"),
    check: findOpenRules,
  },
  {
    id: "optional_with_identity",
    topic: "requirement",
    severity: "warning",
    summary: "A token is optional, but the upstream gets headers about the caller.",
    why: "Anonymous requests reach the upstream without headers about the caller. If an upstream treats a request without the mapped headers as internal, strangers get internal rights. Check what the upstream does with such a request, and write the result as the reason of a suppression.",
    bad: policy(`routes:
  read:
    access: optional
    required_scopes: [orders:read]
header_mappings:
  x-user-id: sub
`),
    good: policy(`routes:
  read:
    access: required
    required_scopes: [orders:read]
header_mappings:
  x-user-id: sub
`),
    check: findOptional,
  },
  {
    id: "public_subtree",
    topic: "requirement",
    severity: "warning",
    summary: "A whole subtree of paths is public.",
    why: "If the upstream later adds a path to this subtree, the new path is public as well. Name the public paths.",
    bad: rule(
      'operations:\n  - { methods: [GET], path: "/docs/{rest...}", access: public }\n  - { methods: [GET], path: /orders, required_scopes: [orders:read] }',
    ),
    good: rule(
      'operations:\n  - { methods: [GET], path: "/docs/{page}", access: public }\n  - { methods: [GET], path: /orders, required_scopes: [orders:read] }',
    ),
    check: (document) =>
      listSettled(document).flatMap(({ operation, own, settled }) =>
        settled.access === "public" && operation?.path.endsWith("...}")
          ? [
              {
                path: [...own.path, "path"],
                message:
                  "If the upstream later adds a path to this subtree, the new path is public as well. Name the public paths.",
              },
            ]
          : [],
      ),
  },
];

export const REQUIREMENT_RULES: readonly LintRule[] = [...UNUSABLE, ...RISKY];

/** Checks `defaults`, each rule and each operation in the form that the author wrote, without inherited values. */
function eachSource(
  check: (source: RequirementSource, path: DocumentPath) => readonly Place[],
): (document: PolicyDocument) => readonly Place[] {
  return ({ defaults = {}, routes }) => [
    ...check(defaults, ["defaults"]),
    ...Object.entries(routes).flatMap(([id, source]) => {
      const path: DocumentPath = ["routes", id];
      const operations = source.operations ?? [];
      return [
        ...check(source, path),
        ...operations.flatMap((operation, index) => check(operation, [...path, "operations", index])),
      ];
    }),
  ];
}

/**
 * Checks each alternative of rules and operations that look at tokens. A part that several rules inherit is reported
 * only once.
 */
function eachAlternative(
  check: (alternative: SettledAlternative) => readonly Place[],
): (document: PolicyDocument) => readonly Place[] {
  return (document) => {
    const places = listSettled(document)
      .filter(({ settled }) => settled.access !== "public")
      .flatMap(({ settled }) => settled.alternatives.flatMap(check));
    return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
  };
}

function noneOf(names: SettledAlternative["keys"]["required_roles"]): readonly string[] {
  return names === undefined || Array.isArray(names) ? [] : (names.none_of ?? []);
}

/** Whether an alternative requires something that a token must have. */
function requiresSomething(keys: SettledAlternative["keys"]): boolean {
  const hasNames = NAMES.some((key) => {
    const names = keys[key];
    return Array.isArray(names) ? names.length > 0 : Boolean(names?.all_of ?? names?.any_of);
  });
  const hasClaims = Object.values(keys.required_claims ?? {}).some(({ absent, ...tests }) =>
    absent === undefined ? Object.keys(tests).length > 0 : false,
  );
  return hasNames || hasClaims || keys.authentication !== undefined;
}

/** Finds rules that require nothing at all. Rules that only exclude names have a different finding, `exclusion_only`. */
function findOpenRules(document: PolicyDocument): readonly Place[] {
  return listSettled(document).flatMap((found: SettledRule) => {
    const { settled, own, rule: name } = found;
    const [only, ...others] = settled.alternatives;
    if (settled.access !== "required" || !only || others.length > 0) {
      return [];
    }
    const isOpen = REQUIREMENT_KEYS.every((key) => isEmpty(only.keys[key]));
    const hasConditions = only.keys.accept.every((id) => {
      const claims = document.issuers[id]?.required_claims ?? [];
      return !Array.isArray(claims) && Object.values(claims).some((condition) => Object.keys(condition).length > 0);
    });
    return isOpen && !hasConditions
      ? [
          {
            path: own.path,
            atKey: true,
            message: `Every token of an accepted issuer for this API passes rule "${name}". Require a scope or a role.`,
          },
        ]
      : [];
  });
}

function isEmpty(value: unknown): boolean {
  return typeof value !== "object" || value === null || Object.keys(value).length === 0;
}

function findOptional(document: PolicyDocument): readonly Place[] {
  const names = Object.keys(document.header_mappings);
  const told = names.length > 0 ? names.join(", ") : document.identity ? "the caller's identity" : undefined;
  if (told === undefined) {
    return [];
  }
  const places = listSettled(document).flatMap(({ own, inherited, settled }) => {
    const source = [own, ...inherited].find(({ source: { access } }) => access !== undefined);
    return settled.access === "optional" && source
      ? [
          {
            path: [...source.path, "access"],
            message: `Anonymous requests reach the upstream without ${told}. Check that the upstream gives anonymous requests no rights.`,
          },
        ]
      : [];
  });
  return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
}
