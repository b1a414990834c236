/**
 * Reads a declarative Kong configuration (`kong.yml`) or a decK file: services, routes, Consumers, and the plugin
 * `jwt-policy` on a service, on a route, or global. If Kong supports a part of the file but the sandbox does not, a
 * warning gives the part's position. If Kong does not know the part either, the part is a mistake.
 */
import { randomUUID } from "node:crypto";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { readYaml } from "../../plugin/policy/read/read-document.ts";
import { checkData } from "../../plugin/policy/read/validate-document.ts";
import type * as Generated from "../../schema/generated/sandbox-kong-document.ts";
import { validateSandboxKong } from "../../schema/generated/validate-sandbox-kong.ts";
import { adaptDocument, GUARD, type Upstreams } from "./adapt-document.ts";
import { checkKongDocument, readReference } from "./check-kong-document.ts";
import { entityId } from "./entity-ids.ts";

export interface KongService {
  id: string;
  name?: string;
  /** A protocol that Kong knows. The sandbox proxies only to `http` and `https`. */
  protocol: string;
  host: string;
  port: number;
  /** The prefix of every upstream path. If the Service's path is absent, the prefix is `/`. */
  path?: string;
  /** The connect timeout in milliseconds. */
  connectTimeout: number;
  /** The longest time between two reads from the upstream, in milliseconds. */
  readTimeout: number;
}

export interface KongRoute {
  id: string;
  name?: string;
  protocols: readonly string[];
  methods?: readonly string[];
  hosts?: readonly string[];
  /** The Route's paths: plain prefixes, or regular expressions that begin with `~`. */
  paths?: readonly string[];
  /** Maps the name of a header to the values that the Route accepts. */
  headers?: Readonly<Record<string, readonly string[]>>;
  /** If several Routes match by regular expressions, the Route with the highest priority wins. The default priority is 0. */
  regexPriority?: number;
  /** The answer to a plain http request if the Route is only for https. The default status is 426. */
  httpsRedirectStatus?: number;
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
  /** The plugin's configuration, as kong.yml contains it. */
  config: Readonly<{ policy_file?: string; policy?: string; rule?: string }>;
}

export interface KongConfig {
  routes: readonly KongRoute[];
  plugins: readonly KongPlugin[];
  consumers: readonly KongConsumer[];
  /**
   * Whether the plugin jwt-policy-guard is global. A global guard refuses the requests of a Route without jwt-policy,
   * unless the Route has the guard's tag.
   */
  hasGuard: boolean;
  /** Maps the name of an upstream to the addresses of the upstream's targets. */
  upstreams: Upstreams;
  /** Warnings about parts of the file that the sandbox omits, with line and column. */
  warnings: readonly Finding[];
}

/** The document without explicit nulls, because Kong reads a null as an absent field. */
type Present<T> = T extends object ? { [K in keyof T]: Present<Exclude<T[K], null>> } : T;
type Document = Present<Generated.SandboxKongDocument>;
type Service = Present<Generated.Service>;
type Route = Present<Generated.Route>;
type Plugin = Present<Generated.Plugin>;
type Consumer = Present<Generated.Consumer>;

/** Reads host, port and path of a Service's url. The schema has already checked the rest of the url. */
const SERVICE_URL = /^([a-z]+):\/\/(\[.*?\]|[^/:]+)(?::(\d+))?(\/.*)?$/;
/** Kong's default for the timeouts of a Service, in milliseconds. */
const DEFAULT_TIMEOUT = 60_000;

/**
 * Reads the text of a `kong.yml` or decK file.
 *
 * @param environment for decK's `${{ env "DECK_…" }}`.
 * @returns the configuration, or all mistakes in the order of the text.
 */
export function readKongConfig(
  text: string,
  environment: NodeJS.ProcessEnv = {},
): Result<KongConfig, readonly Finding[]> {
  const source = readYaml(text);
  if (!source.ok) {
    return fail(source.failure.findings);
  }
  const { data: original, locate } = source.value;
  const { data, warnings, mistakes, upstreams, toOriginal } = adaptDocument(original, environment);
  const wrong = checkData(validateSandboxKong, data, { values: () => false, keys: () => false });
  const found = [...mistakes, ...(wrong.length > 0 ? wrong : checkKongDocument(data as Generated.SandboxKongDocument))];
  if (found.length > 0) {
    return fail(locate(found.map((finding) => ({ ...finding, path: toOriginal(finding.path ?? []) }))));
  }
  const config = toConfig(withoutNulls(data) as Document);
  return succeed({ ...config, upstreams, warnings: locate(warnings) });
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

function toConfig(document: Document): Omit<KongConfig, "upstreams" | "warnings"> {
  const { services: nodes = [], routes: looseRoutes = [], plugins: loosePlugins = [], consumers = [] } = document;
  const services = nodes.map((node) => ({ node, service: toService(node) }));
  const nested = services.flatMap(({ node, service }) =>
    (node.routes ?? []).map((route) => ({ node: route, route: toRoute(route, service) })),
  );
  const loose = looseRoutes.flatMap((node) => {
    const found = findNamed(services, node.service);
    return found ? [{ node, route: toRoute(node, found.service) }] : [];
  });
  const routes = [...nested, ...loose];
  const globals = loosePlugins.map((plugin) => {
    const route = findNamed(routes, plugin.route)?.route;
    const service = findNamed(services, plugin.service)?.service;
    return { plugin, scope: { ...(route && { routeId: route.id }), ...(service && { serviceId: service.id }) } };
  });
  const scoped = [
    ...globals,
    ...services.flatMap(({ node, service }) =>
      (node.plugins ?? []).map((plugin) => ({ plugin, scope: { serviceId: service.id } })),
    ),
    ...routes.flatMap(({ node, route }) =>
      (node.plugins ?? []).map((plugin) => ({ plugin, scope: { routeId: route.id } })),
    ),
  ];
  return {
    routes: routes.map(({ route }) => route),
    plugins: scoped.filter(({ plugin }) => plugin.name !== GUARD).map(({ plugin, scope }) => toPlugin(plugin, scope)),
    consumers: consumers.map(toConsumer),
    hasGuard: loosePlugins.some(({ name }) => name === GUARD),
  };
}

type Named = { readonly node: { readonly name?: string; readonly id?: string } };

function findNamed<T extends Named>(entities: readonly T[], reference: Generated.Reference | undefined): T | undefined {
  const name = readReference(reference);
  return name === undefined ? undefined : entities.find(({ node }) => node.name === name || node.id === name);
}

/** Formats mistakes as text, one per line: `kong.yml:12:7 message`. */
export function describeMistakes(mistakes: readonly Finding[], file: string): string {
  return mistakes.map(({ line, column, message }) => `${file}:${line}:${column} ${message}`).join("\n");
}

function toService({ id, name, url, ...parts }: Service): KongService {
  const [, protocol = parts.protocol ?? "http", host = parts.host ?? "", port = parts.port, path = parts.path] =
    SERVICE_URL.exec(url ?? "") ?? [];
  const usualPort = url !== undefined && protocol === "https" ? 443 : 80;
  return {
    id: id ?? (name === undefined ? randomUUID() : entityId("services", name)),
    ...(name === undefined ? {} : { name }),
    protocol,
    host,
    port: Number(port ?? usualPort),
    ...(path === undefined ? {} : { path }),
    connectTimeout: parts.connect_timeout ?? DEFAULT_TIMEOUT,
    readTimeout: parts.read_timeout ?? DEFAULT_TIMEOUT,
  };
}

function toRoute(node: Route, service: KongService): KongRoute {
  const { id, strip_path: stripPath, preserve_host: preserveHost, name, protocols, methods, hosts, paths } = node;
  const { headers, regex_priority: regexPriority, https_redirect_status_code: httpsRedirectStatus, tags } = node;
  // As on Kong, a route without an id and without a name gets a new id at every start.
  const ownId = id ?? (name === undefined ? randomUUID() : entityId("routes", name));
  const optional = { name, methods, hosts, paths, headers, regexPriority, httpsRedirectStatus, tags };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { ...given, id: ownId, protocols, stripPath, preserveHost, service };
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
    config: node.config ?? {},
  };
}
