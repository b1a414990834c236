import { suggestPattern } from "../../../plugin/policy/lint/lint-claims.ts";
import { suggestPointer, suggestTemplate } from "../../../plugin/policy/lint/lint-texts.ts";
import { replaceText } from "../model/change.ts";
import type { LintRule } from "../model/rule.ts";
import { issuer, policy, rule } from "./examples.ts";

/**
 * Rules about strings that look like something else, for example like a pattern, although the policy reads them
 * literally. The findings come from `plugin/policy/lint/lint-texts.ts`.
 */
export const TEXT_RULES: readonly LintRule[] = [
  {
    id: "claim_pointer_dotted",
    topic: "text",
    severity: "warning",
    summary: "The name of a claim looks like a path with dots, brackets or slashes.",
    why: "The plugin reads this string as the name of one top-level claim. No token has a claim with this name. Write a JSON Pointer, such as `/realm_access/roles`.",
    bad: issuer("claims: { roles: realm_access.roles } # Keycloak"),
    good: issuer("claims: { roles: /realm_access/roles } # Keycloak"),
    fix: {
      summary: "writes the JSON Pointer",
      changes: (place) => replaceText(place, typeof place.value === "string" ? suggestPointer(place.value) : undefined),
    },
  },
  {
    id: "wildcard_literal",
    topic: "text",
    severity: "warning",
    summary: "A value has a `*`, or looks like a pattern.",
    why: "The plugin compares values byte for byte, so no token passes. List each value. For claims, use `matches`.",
    bad: rule('required_scopes: ["orders:*"]'),
    good: rule("required_scopes: { any_of: [orders:read, orders:write] }"),
  },
  {
    id: "path_pattern_literal",
    topic: "text",
    severity: "warning",
    summary: "A path looks like a pattern of another tool: `*`, `:id`, `<id>`, `(…)`.",
    why: "The plugin compares the path character by character, so no request matches. Write `{id}` for one segment, and `{rest...}` at the end for a subtree.",
    bad: rule("operations:\n  - { methods: [GET], path: /orders/:id, required_scopes: [orders:read] } # one order"),
    good: rule('operations:\n  - { methods: [GET], path: "/orders/{id}", required_scopes: [orders:read] } # one order'),
    fix: {
      summary: "writes the path template, if it is clear",
      changes: (place) =>
        replaceText(place, typeof place.value === "string" ? suggestTemplate(place.value) : undefined),
    },
  },
  {
    id: "variable_literal",
    topic: "text",
    severity: "warning",
    summary: "A string looks like a variable or a placeholder, such as a shell variable.",
    why: "Environment variables are not supported, so the plugin takes the string literally. Set a variable under `vars`, and use the variable as docs/guides/environments.md shows. A small file that `extends` this policy can set another value.",
    bad: issuer('audiences: ["$ORDERS_URL"]'),
    good: issuer("audiences: [https://orders.example.com]"),
  },
  {
    id: "variable_unused",
    topic: "text",
    severity: "warning",
    summary: "The policy sets a variable that no string uses.",
    why: "A string probably names the variable without `vars`, or the policy does not need the variable any longer. Use the variable in a string, or remove the variable.",
    bad: policy("vars:\n  region: eu # of the data\n"),
    good: policy(`vars:
  region: eu # of the data
issuers:
  acme:
    issuer: https://idp.example.com
    audiences: ["https://\${vars.region}.orders.example.com"]
`),
  },
  {
    id: "value_has_space",
    topic: "text",
    severity: "warning",
    summary: "A value has white space or a comma.",
    why: "The string probably contains several values, or a mistake from copying. No token has a value with white space or a comma.",
    bad: rule("required_roles: # of the back office\n  - editor, admin\n  - staff"),
    good: rule("required_roles: # of the back office\n  - editor\n  - admin\n  - staff"),
    fix: {
      summary: "writes one list element for each value",
      changes: ({ path, value, parent }) => {
        const parts = typeof value === "string" ? value.split(/[\s,;]+/).filter((part) => part !== "") : [];
        return Array.isArray(parent) && parts.length > 0 && new Set(parts).size === parts.length
          ? [{ kind: "split", path, to: parts }]
          : undefined;
      },
    },
  },
  {
    id: "pattern_never",
    topic: "text",
    severity: "warning",
    summary: "No claim can match a pattern, or a pattern has delimiters that the plugin reads literally.",
    why: "Write a pattern without delimiters such as `/`. A string of more than 256 characters matches no pattern.",
    bad: rule("required_claims:\n  plan: { matches: /gold.*/ }"),
    good: rule('required_claims:\n  plan: { matches: "gold.*" }'),
    fix: {
      summary: "removes the delimiters",
      changes: (place) => {
        const { value } = place;
        return replaceText(place, typeof value === "string" && value.endsWith("/") ? suggestPattern(value) : undefined);
      },
    },
  },
];

/** The lint rule for an inherited condition that does not apply, because a nearer value replaces the condition. */
export const SHADOWED: LintRule = {
  id: "condition_shadowed",
  topic: "requirement",
  severity: "warning",
  summary: "A rule, an operation or an alternative replaces an inherited condition and does not repeat the condition.",
  why: "The nearest value replaces the whole inherited value, so the inherited condition does not apply. Repeat the inherited condition, or move it to the issuer's `required_claims`.",
  bad: policy("defaults:\n  required_scopes: [orders]\nroutes:\n  read:\n    required_scopes: [orders:read]\n"),
  good: policy(
    "defaults:\n  required_scopes: [orders]\nroutes:\n  read:\n    required_scopes: [orders, orders:read]\n",
  ),
};
