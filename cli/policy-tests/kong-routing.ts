import { isMap, isScalar, isSeq, type YAMLMap } from "yaml";
import { createRouter, findBrokenPattern, type RoutedRoute } from "../../offline/requests/kong-router.ts";
import type { KongRouting } from "../../offline/suite/resolve-requests.ts";
import type { Consumer } from "../../plugin/core/model/caller.ts";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { findGoverning } from "../deck/check-routes.ts";
import { readPluginConfig } from "../deck/plugin-config.ts";
import { findKongState, hasAt, type KongState, type StateRoute, textAt, textsAt } from "../deck/state/kong-state.ts";
import { readStateFile } from "../deck/state/state-file.ts";

/** The part of a kong.yml that tests need. */
export interface KongWorld {
  readonly routing: KongRouting;
  readonly consumers: readonly Consumer[];
}

/** If a Route has one of these criteria, Kong's choice also depends on facts outside the request. */
const UNSUPPORTED = ["expression", "snis", "sources", "destinations"];
const PROTOCOLS = ["http", "https"];
/** If a plugin's configuration contains its policy, messages show this text in place of a file name. */
const INLINE = "(the policy in the plugin's configuration)";

/**
 * Reads a declarative Kong configuration for tests.
 *
 * @param policyPath absolute path of the tested policy.
 */
export function readKongWorld(file: string, text: string, policyPath: string): Result<KongWorld, readonly Finding[]> {
  const read = readStateFile(file, text);
  if (!read.ok) {
    return read;
  }
  const state = findKongState([read.value]);
  const routes: RoutedRoute[] = [];
  const findings: Finding[] = [];
  for (const route of state.routes) {
    const converted = convertRoute(route, state);
    if (converted.ok) {
      routes.push(converted.value);
    } else {
      findings.push(...converted.failure);
    }
  }
  return findings.length > 0
    ? fail(findings)
    : succeed({
        routing: {
          route: createRouter(routes),
          isTestedPolicy: (policyFile) => policyPath.endsWith(`/${policyFile.replace(/^\.\//, "")}`),
        },
        consumers: readConsumers(read.value.root),
      });
}

function convertRoute(route: StateRoute, state: KongState): Result<RoutedRoute, readonly Finding[]> {
  const governing = findGoverning(route, state.plugins);
  const config = governing && readPluginConfig(governing, state);
  if (config && !config.ok) {
    return config;
  }
  return succeed({
    ...readCriteria(route),
    plugin: config && {
      policyFile: config.value.get("policy_file")?.value ?? INLINE,
      rule: config.value.get("rule")?.value,
    },
  });
}

/** The criteria by which Kong chooses a Route. */
export function readCriteria({ node, tags }: StateRoute): Omit<RoutedRoute, "plugin"> {
  const criteria = {
    name: textAt(node, "name"),
    tags,
    methods: textsAt(node, "methods"),
    hosts: textsAt(node, "hosts"),
    paths: textsAt(node, "paths"),
    headers: readHeaders(node),
    protocols: hasAt(node, "protocols") ? textsAt(node, "protocols") : PROTOCOLS,
    regexPriority: numberAt(node, "regex_priority"),
    createdAt: numberAt(node, "created_at"),
  };
  const broken = findBrokenPattern(criteria);
  const criterion = UNSUPPORTED.find((key) => hasAt(node, key));
  return { ...criteria, unsupported: criterion ?? (broken && `the pattern ${JSON.stringify(broken)}`) };
}

function readHeaders(node: YAMLMap): ReadonlyMap<string, readonly string[]> {
  const headers = node.get("headers");
  const map = isMap(headers) ? (headers as YAMLMap) : undefined;
  return new Map(
    (map?.items ?? []).flatMap(({ key }) =>
      map && isScalar(key) ? [[String(key.value).toLowerCase(), textsAt(map, String(key.value))] as const] : [],
    ),
  );
}

function numberAt(node: YAMLMap, key: string): number {
  const value = node.get(key);
  return typeof value === "number" ? value : 0;
}

function readConsumers(root: YAMLMap): readonly Consumer[] {
  const list = root.get("consumers");
  const nodes = isSeq(list) ? list.items.filter((item): item is YAMLMap => isMap(item)) : [];
  return nodes.map((node) => {
    const [id, username, customId] = ["id", "username", "custom_id"].map((key) => textAt(node, key));
    const usedId = id ?? username ?? customId;
    return {
      ...(usedId !== undefined && { id: usedId }),
      ...(username !== undefined && { username }),
      ...(customId !== undefined && { customId }),
    };
  });
}
