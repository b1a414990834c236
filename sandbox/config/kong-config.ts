/**
 * The part of a declarative Kong configuration (`kong.yml`, format 3.0) that the sandbox supports: services, their routes,
 * Consumers, and the plugin `jwt-policy` on a service, on a route, or global. For anything else it reports name and place.
 */
import { randomUUID } from "node:crypto";
import { entityId } from "./entity-ids.ts";
import { type ConsumerNode, type PluginNode, type RouteNode, readRoot, type ServiceNode } from "./kong-document.ts";
import { reportDuplicates } from "./kong-duplicates.ts";
import { type Problem, readYaml } from "./located-yaml.ts";

export interface KongService {
  id: string;
  name: string;
  host: string;
  port: number;
  /** Prefix of every upstream path; absent means `/`. */
  path?: string;
  /** Milliseconds. */
  connectTimeout: number;
  /** Milliseconds between two reads from the upstream. */
  readTimeout: number;
}

export interface KongRoute {
  id: string;
  name?: string;
  protocols: readonly string[];
  methods?: readonly string[];
  hosts?: readonly string[];
  paths?: readonly string[];
  stripPath: boolean;
  preserveHost: boolean;
  tags?: readonly string[];
  service: KongService;
}

export interface KongConsumer {
  id: string;
  username?: string;
  customId?: string;
  tags?: readonly string[];
}

export interface KongPlugin {
  id: string;
  instanceName?: string;
  enabled: boolean;
  routeId?: string;
  serviceId?: string;
  /** The plugin's configuration as written. */
  config: Readonly<{ policy_file?: string; policy?: string; rule?: string }>;
}

export interface KongConfig {
  routes: readonly KongRoute[];
  plugins: readonly KongPlugin[];
  consumers: readonly KongConsumer[];
}

/**
 * Reads the text of a `kong.yml`.
 *
 * @returns the configuration, or all problems in the order of the text.
 */
export function readKongConfig(text: string): { config: KongConfig } | { problems: readonly Problem[] } {
  const { value: document, problems } = readYaml(text, (node, report) => {
    const read = readRoot(node, report);
    return read !== undefined && !reportDuplicates(read, report) ? read : undefined;
  });
  if (document === undefined) {
    return { problems };
  }
  const routes: KongRoute[] = [];
  const plugins: KongPlugin[] = (document.plugins ?? []).map((plugin) => toPlugin(plugin.value, {}));
  for (const { value: node } of document.services ?? []) {
    const service = toService(node);
    plugins.push(...(node.plugins ?? []).map((plugin) => toPlugin(plugin.value, { serviceId: service.id })));
    for (const { value: routeNode } of node.routes ?? []) {
      const route = toRoute(routeNode, service);
      routes.push(route);
      plugins.push(...(routeNode.plugins ?? []).map((plugin) => toPlugin(plugin.value, { routeId: route.id })));
    }
  }
  const consumers = (document.consumers ?? []).map(({ value }) => toConsumer(value));
  return { config: { routes, plugins, consumers } };
}

/** Formats problems as text, one per line: `kong.yml:12:7 message`. */
export function describeProblems(problems: readonly Problem[], file: string): string {
  return problems.map(({ line, column, message }) => `${file}:${line}:${column} ${message}`).join("\n");
}

function toService(node: ServiceNode): KongService {
  const address = node.url ?? {
    host: node.host ?? "",
    port: node.port,
    path: node.path,
  };
  return {
    id: node.id ?? entityId("services", node.name.value),
    name: node.name.value,
    host: address.host,
    port: address.port ?? 80,
    ...(address.path === undefined ? {} : { path: address.path }),
    connectTimeout: node.connect_timeout ?? 60_000,
    readTimeout: node.read_timeout ?? 60_000,
  };
}

function toRoute(node: RouteNode, service: KongService): KongRoute {
  return {
    // As on Kong, a route with neither id nor name gets a new id at every start.
    id: node.id ?? (node.name === undefined ? randomUUID() : entityId("routes", node.name.value)),
    ...(node.name === undefined ? {} : { name: node.name.value }),
    protocols: node.protocols ?? ["http", "https"],
    ...(node.methods === undefined ? {} : { methods: node.methods }),
    ...(node.hosts === undefined ? {} : { hosts: node.hosts }),
    ...(node.paths === undefined ? {} : { paths: node.paths }),
    stripPath: node.strip_path ?? true,
    preserveHost: node.preserve_host ?? false,
    ...(node.tags === undefined ? {} : { tags: node.tags }),
    service,
  };
}

function toConsumer({ id, username, custom_id: customId, tags }: ConsumerNode): KongConsumer {
  return {
    id: id ?? (username === undefined ? randomUUID() : entityId("consumers", username.value)),
    ...(username === undefined ? {} : { username: username.value }),
    ...(customId === undefined ? {} : { customId: customId.value }),
    ...(tags === undefined ? {} : { tags }),
  };
}

function toPlugin(node: PluginNode, scope: { routeId?: string; serviceId?: string }): KongPlugin {
  const key = ["plugins", "*", node.name, scope.routeId ?? "", scope.serviceId ?? "", ""].join(":");
  return {
    id: node.id ?? entityId("plugins", key),
    ...(node.instance_name === undefined ? {} : { instanceName: node.instance_name.value }),
    enabled: node.enabled ?? true,
    ...scope,
    config: node.config,
  };
}
