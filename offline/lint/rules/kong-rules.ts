import type { Example, LintRule } from "../model/rule.ts";

/**
 * Creates an example with a kong.yml of one Service. `routes` is the list of the Service's Routes, and `more` is added
 * to the end of the file.
 */
function kong(routes: string, policy = "", more = ""): Example {
  const lines = routes.trim().split("\n");
  return {
    policy,
    kong: `_format_version: "3.0"
services:
  - name: orders
    url: http://orders.internal
    routes:
${lines.map((line) => `      ${line}\n`).join("")}${more}`,
  };
}

const GLOBAL = "plugins:\n  - name: jwt-policy\n    config: { policy_file: orders.yaml }\n";
const READ = "- name: read\n  paths: [/orders]";
const PLUGIN = "plugins:\n    - name: jwt-policy\n      config: { policy_file: orders.yaml, rule: read }";
const HEALTH = "routes:\n  read:\n    required_scopes: [orders:read]\n  health:\n";

/** Rules about policies that do not fit Kong's Routes and plugins. The findings come from `cli/lint/check-kong.ts`. */
export const KONG_RULES: readonly LintRule[] = [
  {
    id: "route_without_policy",
    topic: "kong",
    severity: "error",
    summary:
      "No jwt-policy plugin runs for a Route. The plugin is not configured on the Route, not on its Service, and not globally.",
    why: "Kong forwards all requests of the Route, and no policy judges the requests. Add the plugin to the Route. If the Route is open on purpose, give the Route the tag `jwt-policy-public`.",
    bad: kong(`${READ}\n  ${PLUGIN}\n- name: admin\n  paths: [/admin]`),
    good: kong(`${READ}\n  ${PLUGIN}\n- name: docs\n  paths: [/docs]\n  tags: [jwt-policy-public]`),
  },
  {
    id: "route_without_rule",
    topic: "kong",
    severity: "warning",
    summary: "The policy of a Route has no rule for the Route.",
    why: "Every request of the Route gets 403. Add a rule with the name of the Route, or name a rule in the plugin's `config.rule`.",
    bad: kong(`${READ}\n- name: reports\n  paths: [/reports]`, "", GLOBAL),
    good: kong(
      `${READ}\n- name: reports\n  paths: [/reports]`,
      "routes:\n  read: { required_scopes: [orders:read] }\n  reports: { required_scopes: [reports:read] }\n",
      GLOBAL,
    ),
  },
  {
    id: "rule_without_route",
    topic: "kong",
    severity: "warning",
    summary: "A policy has a rule that no Route uses.",
    why: "The rule has no effect. Perhaps the Route was renamed or removed, or the Route has another policy.",
    bad: kong(
      READ,
      "routes:\n  read: { required_scopes: [orders:read] }\n  write: { required_scopes: [orders:write] }\n",
      GLOBAL,
    ),
    good: kong(READ, "routes:\n  read: { required_scopes: [orders:read] }\n", GLOBAL),
  },
  {
    id: "rule_unknown",
    topic: "kong",
    severity: "error",
    summary: "A plugin names a rule, but the policy does not have this rule.",
    why: "Every request for which such a plugin runs gets 503. Correct the name of the rule.",
    bad: kong(
      `${READ}\n- name: list\n  paths: [/list]\n  plugins:\n    - name: jwt-policy\n      config: { policy_file: orders.yaml, rule: raed }`,
      "",
      GLOBAL,
    ),
    good: kong(
      `${READ}\n- name: list\n  paths: [/list]\n  plugins:\n    - name: jwt-policy\n      config: { policy_file: orders.yaml, rule: read }`,
      "",
      GLOBAL,
    ),
  },
  {
    id: "operation_outside_route",
    topic: "kong",
    severity: "warning",
    summary: "An operation is outside the paths or methods of its Kong Route.",
    why: "No request reaches the operation. In an operation, write the path that the client sends, before Kong applies `strip_path`.",
    bad: kong(
      READ,
      'routes:\n  read:\n    operations:\n      - { methods: [GET], path: "/order/{id}", required_scopes: [orders:read] }\n',
      GLOBAL,
    ),
    good: kong(
      READ,
      'routes:\n  read:\n    operations:\n      - { methods: [GET], path: "/orders/{id}", required_scopes: [orders:read] }\n',
      GLOBAL,
    ),
  },
  {
    id: "preflight_not_routed",
    topic: "kong",
    severity: "warning",
    summary: "A Route has a cors plugin, but does not accept OPTIONS.",
    why: "Kong finds no Route for a preflight and answers 404, so browsers cannot use the API. Add OPTIONS to the methods of the Route.",
    bad: kong(`${READ}\n  methods: [GET]\n  ${PLUGIN}\n    - name: cors`),
    good: kong(`${READ}\n  methods: [GET, OPTIONS]\n  ${PLUGIN}\n    - name: cors`),
  },
  {
    id: "protocol_without_policy",
    topic: "kong",
    severity: "error",
    summary: "A Route accepts a protocol, but the jwt-policy plugin of the Route does not list this protocol.",
    why: "Kong does not run the plugin for this protocol, so no policy judges requests with this protocol. Remove `protocols` from the plugin.",
    bad: kong(`${READ}\n  ${PLUGIN}\n      protocols: [https]`),
    good: kong(`${READ}\n  protocols: [https]\n  ${PLUGIN}\n      protocols: [https]`),
  },
  {
    id: "plugin_on_consumer",
    topic: "kong",
    severity: "error",
    summary: "A jwt-policy plugin is attached to a Consumer.",
    why: "The plugin runs before Kong knows the Consumer, so Kong never runs a jwt-policy plugin on a Consumer. Attach the plugin to a Route, to a Service, or globally.",
    bad: kong(
      READ,
      "",
      `${GLOBAL}consumers:\n  - username: shop\n    plugins:\n      - name: jwt-policy\n        config: { policy_file: orders.yaml }\n`,
    ),
    good: kong(READ, "", `${GLOBAL}consumers:\n  - username: shop\n`),
  },
  {
    id: "plugin_twice",
    topic: "kong",
    severity: "error",
    summary: "A Route, a Service or the gateway has two jwt-policy plugins.",
    why: "Kong accepts only one jwt-policy plugin for each Route, for each Service and for the gateway. Remove the second plugin.",
    bad: kong(READ, "", `${GLOBAL}  - name: jwt-policy\n    config: { policy_file: orders.yaml, rule: read }\n`),
    good: kong(READ, "", GLOBAL),
  },
  {
    id: "public_prefix_route",
    topic: "kong",
    severity: "warning",
    summary: "A public rule without operations is bound to a Route with a path prefix.",
    why: "Kong's paths are prefixes. If the upstream adds a path below the prefix, the new path is public as well. List the public paths as `operations`, or end the path of the Route with `$` in a regular expression.",
    bad: kong(`${READ}\n- name: health\n  paths: [/health]`, `${HEALTH}    access: public\n`, GLOBAL),
    good: kong(
      `${READ}\n- name: health\n  paths: [/health]`,
      `${HEALTH}    operations:\n      - { methods: [GET], path: /health, access: public }\n`,
      GLOBAL,
    ),
  },
];
