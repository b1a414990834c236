/**
 * The structure of the `kong.yml` that the sandbox reads, with Kong's own limits on each value. kong-config.ts fills in Kong's
 * defaults. Here a missing field stays absent.
 */
import { isMap, type Node } from "yaml";
import {
  defaulted,
  listOf,
  located,
  mapOf,
  optional,
  type Read,
  type Report,
  required,
  scalarOf,
} from "./located-yaml.ts";
import { normalizePath } from "./request-path.ts";

const PLUGIN_NAME = "jwt-policy";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const PATH = /^\/[\w.\-~/%:@!$&'()*+,;=]*$/;
const HOST = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\])$/;
const WILDCARD_HOST = /^(?:\*\.[\w.-]+|[\w.-]+\.\*|[\w.-]+)(?::\d+)?$/;
const SERVICE_URL = /^http:\/\/([^/:?#@[\]]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?(\/[^?#]*)?$/;

function matching(pattern: RegExp, expected: string): Read<string> {
  return scalarOf((value) => (typeof value === "string" && pattern.test(value) ? { value } : `must be ${expected}`));
}

function wholeNumber(min: number, max: number): Read<number> {
  return scalarOf((value) =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
      ? { value }
      : `must be a whole number from ${min} to ${max}`,
  );
}

const uuid = matching(UUID, "a UUID in lower case");
const entityName = located(matching(/^[\w.\-~\u0080-\u{10ffff}]+$/u, "a name of letters, digits and . - _ ~"));
const tags = listOf("tags", matching(/^[^,/\p{Cc}]+$/u, "a text without comma and slash"));
const flag = scalarOf((value) => (typeof value === "boolean" ? { value } : "must be true or false"));
const text = scalarOf((value) => (typeof value === "string" ? { value } : "must be a text"));
const nonEmpty = matching(/^.+$/su, "a text that is not empty");
const timeout = wholeNumber(1, 2 ** 31 - 2);
const servicePath = matching(
  /^(?!.*\/\/)\/[\w.\-~/%:@!$&'()*+,;=]*$/,
  "a path that starts with / and has no empty segment",
);

const routePath = scalarOf((value) => {
  if (typeof value !== "string" || !/^~?\//.test(value)) {
    return "must be a path that starts with /";
  }
  if (value.startsWith("~")) {
    return "is a regular expression (~), which the sandbox does not honour: use a plain prefix";
  }
  if (!PATH.test(value) || value.includes("//")) {
    return "must be a path of the characters that RFC 3986 allows, without empty segments";
  }
  const normal = normalizePath(value);
  return value === normal ? { value } : `is not in normal form: write "${normal}"`;
});

const serviceUrl = scalarOf((value) => {
  const [, host, port, path] = (typeof value === "string" && SERVICE_URL.exec(value)) || [];
  if (host === undefined || Number(port ?? 80) > 65_535) {
    return "must be a URL such as http://127.0.0.1:9100/path (the sandbox proxies to http only)";
  }
  return { value: { host, port: Number(port ?? 80), ...(path === undefined ? {} : { path }) } };
});

const serviceProtocol = scalarOf((value) =>
  value === "http" ? { value } : 'must be "http": the sandbox proxies to nothing else',
);

const plugin = mapOf(
  "a plugin",
  {
    id: optional(uuid),
    name: required(
      scalarOf((value) =>
        value === PLUGIN_NAME
          ? { value: PLUGIN_NAME }
          : `is a plugin that the sandbox does not have: it runs ${PLUGIN_NAME} only`,
      ),
    ),
    instance_name: optional(entityName),
    enabled: defaulted(flag),
    tags: optional(tags),
    config: required(withOnePolicy),
  },
  (key) =>
    ({
      consumer: `${PLUGIN_NAME} decides before a Consumer is known, Kong's schema refuses it too`,
      route: "write the plugin under its route",
      service: "write the plugin under its service",
    })[key],
  ["consumer", "route", "service"],
);

const pluginConfig = mapOf("the plugin's config", {
  policy_file: optional(text),
  policy: optional(text),
  rule: optional(text),
});

/** Applies the same constraints as the schema that the plugin server returns to Kong. */
function withOnePolicy(node: Node, report: Report): ReturnType<typeof pluginConfig> {
  const config = pluginConfig(node, report);
  if (config === undefined) {
    return undefined;
  }
  if ((config.policy_file === undefined) === (config.policy === undefined)) {
    report(node, 'the plugin\'s config needs either "policy_file" or "policy"');
    return undefined;
  }
  return config;
}

const plainRoute = mapOf(
  "a route",
  {
    id: optional(uuid),
    name: optional(entityName),
    protocols: defaulted(listOf("protocols", matching(/^https?$/, "http or https: gRPC needs a real Kong"))),
    methods: optional(listOf("methods", matching(/^[A-Z]+$/, "a method in capitals"))),
    hosts: optional(listOf("hosts", matching(WILDCARD_HOST, "a host name, with * at most as its first or last label"))),
    paths: optional(listOf("paths", routePath)),
    strip_path: defaulted(flag),
    preserve_host: defaulted(flag),
    tags: optional(tags),
    plugins: optional(listOf("plugins", located(plugin))),
  },
  undefined,
  ["destinations", "headers", "path_handling", "regex_priority", "service", "snis", "sources"],
);

function route(node: Node, report: Report): ReturnType<typeof plainRoute> {
  const value = plainRoute(node, report);
  if (value !== undefined && [value.methods, value.hosts, value.paths].every((list) => (list ?? []).length === 0)) {
    report(node, "a route needs at least one of methods, hosts, paths");
    return undefined;
  }
  return value;
}

const plainService = mapOf(
  "a service",
  {
    id: optional(uuid),
    name: required(entityName),
    url: defaulted(serviceUrl),
    protocol: optional(serviceProtocol),
    host: optional(matching(HOST, "a host name or address, without port")),
    port: optional(wholeNumber(0, 65_535)),
    path: optional(servicePath),
    connect_timeout: optional(timeout),
    write_timeout: optional(timeout),
    read_timeout: optional(timeout),
    tags: optional(tags),
    routes: optional(listOf("routes", located(route))),
    plugins: optional(listOf("plugins", located(plugin))),
  },
  undefined,
  ["ca_certificates", "client_certificate", "retries", "tls_verify", "tls_verify_depth"],
);

function service(node: Node, report: Report): ReturnType<typeof plainService> {
  const value = plainService(node, report);
  if (value === undefined) {
    return undefined;
  }
  const parts = [value.protocol, value.host, value.port, value.path].some((part) => part !== undefined);
  if (value.url === undefined ? value.host === undefined : parts) {
    report(node, 'a service needs either "url", or "host" with protocol, port and path as wanted');
    return undefined;
  }
  // Kong takes protocol and port from the url. Without a url it requires them.
  const missing = ["protocol", "port"].find((key) => isMap(node) && node.has(key) && (node.get(key) ?? null) === null);
  if (value.url === undefined && missing !== undefined) {
    report(node, `a service without "url" needs a value for "${missing}", or not the key`);
    return undefined;
  }
  return value;
}

const plainConsumer = mapOf(
  "a consumer",
  {
    id: optional(uuid),
    username: optional(located(nonEmpty)),
    custom_id: optional(located(nonEmpty)),
    tags: optional(tags),
  },
  (key) => (key === "plugins" ? `a plugin of a Consumer is one that the sandbox does not have` : undefined),
);

function consumer(node: Node, report: Report): ReturnType<typeof plainConsumer> {
  const value = plainConsumer(node, report);
  if (value !== undefined && value.username === undefined && value.custom_id === undefined) {
    report(node, "a consumer needs a username or a custom_id");
    return undefined;
  }
  return value;
}

/** Reads the whole document. kong-duplicates.ts checks for duplicates. */
export const readRoot = mapOf(
  "kong.yml",
  {
    _format_version: required(scalarOf((value) => (value === "3.0" ? { value } : 'must be the text "3.0", in quotes'))),
    consumers: optional(listOf("consumers", located(consumer))),
    services: optional(listOf("services", located(service))),
    plugins: optional(listOf("plugins", located(plugin))),
  },
  (key) => (key === "routes" ? "write routes under their service" : undefined),
);

type Present<R> = R extends Read<infer T> ? T : never;
export type PluginNode = Present<typeof plugin>;
export type RouteNode = Present<typeof plainRoute>;
export type ServiceNode = Present<typeof plainService>;
export type ConsumerNode = Present<typeof plainConsumer>;
export type KongDocument = Present<typeof readRoot>;
