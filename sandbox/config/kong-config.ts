/**
 * The part of a declarative Kong configuration (`kong.yml`, format 3.0) that the sandbox supports: services, their routes,
 * Consumers, and the plugin `jwt-policy` on a service, on a route, or global. For anything else, this module reports the name
 * and the position.
 */
import { randomUUID } from "node:crypto";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { readYaml } from "../../plugin/policy/read/read-document.ts";
import { checkData } from "../../plugin/policy/read/validate-document.ts";
import type * as Generated from "../../schema/generated/sandbox-kong-document.ts";
import { validateSandboxKong } from "../../schema/generated/validate-sandbox-kong.ts";
import { checkKongDocument } from "./check-kong-document.ts";
import { entityId } from "./entity-ids.ts";

export interface KongService {
  id: string;
  name: string;
  host: string;
  port: number;
  /** Prefix of every upstream path. If it is absent, the prefix is `/`. */
  path?: string;
  /** Timeout in milliseconds. */
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

/** The document without its explicit nulls. In Kong they mean that a field is absent. */
type Present<T> = T extends object ? { [K in keyof T]: Present<Exclude<T[K], null>> } : T;
type Document = Present<Generated.SandboxKongDocument>;
type Service = Present<Generated.Service>;
type Route = Present<Generated.Route>;
type Plugin = Present<Generated.Plugin>;
type Consumer = Present<Generated.Consumer>;

/** Reads host, port and path. The schema has checked the rest. */
const SERVICE_URL = /^http:\/\/(\[.*?\]|[^/:]+)(?::(\d+))?(\/.*)?$/;
/** Kong's default for the timeouts of a Service, in milliseconds. */
const DEFAULT_TIMEOUT = 60_000;

/**
 * Reads the text of a `kong.yml`.
 *
 * @returns the configuration, or all mistakes in the order of the text.
 */
export function readKongConfig(text: string): Result<KongConfig, readonly Finding[]> {
  const source = readYaml(text);
  if (!source.ok) {
    return fail(source.failure.findings);
  }
  const { data, locate } = source.value;
  const wrong = checkData(validateSandboxKong, data, { values: () => false, keys: () => false });
  const mistakes = wrong.length > 0 ? wrong : checkKongDocument(data as Generated.SandboxKongDocument);
  return mistakes.length > 0 ? fail(locate(mistakes)) : succeed(toConfig(withoutNulls(data) as Document));
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(withoutNulls);
  }
  const present = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(present.map(([name, member]) => [name, withoutNulls(member)]));
}

function toConfig({ services = [], plugins: globalPlugins = [], consumers = [] }: Document): KongConfig {
  const routes: KongRoute[] = [];
  const plugins = globalPlugins.map((plugin) => toPlugin(plugin, {}));
  for (const { routes: ofService = [], plugins: servicePlugins = [], ...node } of services) {
    const service = toService(node);
    plugins.push(...servicePlugins.map((plugin) => toPlugin(plugin, { serviceId: service.id })));
    for (const { plugins: routePlugins = [], ...routeNode } of ofService) {
      const route = toRoute(routeNode, service);
      routes.push(route);
      plugins.push(...routePlugins.map((plugin) => toPlugin(plugin, { routeId: route.id })));
    }
  }
  return { routes, plugins, consumers: consumers.map(toConsumer) };
}

/** Formats mistakes as text, one per line: `kong.yml:12:7 message`. */
export function describeMistakes(mistakes: readonly Finding[], file: string): string {
  return mistakes.map(({ line, column, message }) => `${file}:${line}:${column} ${message}`).join("\n");
}

function toService({ id, name, url, ...parts }: Service): KongService {
  const [, host = parts.host ?? "", port = parts.port, path = parts.path] = SERVICE_URL.exec(url ?? "") ?? [];
  return {
    id: id ?? entityId("services", name),
    name,
    host,
    port: Number(port ?? 80),
    ...(path === undefined ? {} : { path }),
    connectTimeout: parts.connect_timeout ?? DEFAULT_TIMEOUT,
    readTimeout: parts.read_timeout ?? DEFAULT_TIMEOUT,
  };
}

function toRoute(
  { id, strip_path: stripPath, preserve_host: preserveHost, ...kept }: Route,
  service: KongService,
): KongRoute {
  const { name } = kept;
  // As on Kong, a route without an id and without a name gets a new id at every start.
  const ownId = id ?? (name === undefined ? randomUUID() : entityId("routes", name));
  return { ...kept, id: ownId, stripPath, preserveHost, service };
}

function toConsumer({ id, custom_id: customId, ...kept }: Consumer): KongConsumer {
  const ownId = id ?? (kept.username === undefined ? randomUUID() : entityId("consumers", kept.username));
  return { ...kept, id: ownId, ...(customId === undefined ? {} : { customId }) };
}

function toPlugin(node: Plugin, scope: { routeId?: string; serviceId?: string }): KongPlugin {
  const key = ["plugins", "*", node.name, scope.routeId ?? "", scope.serviceId ?? "", ""].join(":");
  return {
    id: node.id ?? entityId("plugins", key),
    ...(node.instance_name === undefined ? {} : { instanceName: node.instance_name }),
    enabled: node.enabled,
    ...scope,
    config: node.config,
  };
}
