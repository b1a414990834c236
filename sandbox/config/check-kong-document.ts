/** Checks of a kong.yml that the schema cannot express, because they involve several fields. */

import { messageOf } from "../../plugin/core/text/error-message.ts";
import type { DocumentPath, Finding } from "../../plugin/policy/language/finding.ts";
import type {
  Consumer,
  Plugin,
  Reference,
  Route,
  SandboxKongDocument,
  Service,
} from "../../schema/generated/sandbox-kong-document.ts";
import { compileRegex } from "../regex/run-regex.ts";
import { GUARD } from "./adapt-document.ts";
import { normalizePath } from "./request-path.ts";

/** If the value of a header begins with this prefix, it is a regular expression. */
export const HEADER_REGEX = "~*";

interface Located<T> {
  readonly value: T;
  readonly path: DocumentPath;
}

/**
 * @returns four kinds of mistakes: a field needs another field that is absent; two fields exclude each other; no
 * request can match a path; an entity appears twice. Kong also refuses most of these mistakes.
 */
export function checkKongDocument(document: SandboxKongDocument): readonly Finding[] {
  const services = locate(document.services, ["services"]);
  const looseRoutes = locate(document.routes, ["routes"]);
  const nestedRoutes = services.flatMap(({ value, path }) => locate(value.routes, [...path, "routes"]));
  const routes = [...nestedRoutes, ...looseRoutes];
  const scopes: readonly Located<{ plugins?: Plugin[] | null }>[] = [
    { value: document, path: [] },
    ...services,
    ...routes,
  ];
  const plugins = scopes.map(({ value, path }) => locate(value.plugins, [...path, "plugins"]));
  const consumers = locate(document.consumers, ["consumers"]);
  return [
    ...services.flatMap(checkService),
    ...routes.flatMap(checkRoute),
    ...plugins.flat().flatMap(checkPlugin),
    ...nestedRoutes.flatMap((nested) => refuseReferences(nested, ["service"])),
    ...looseRoutes.flatMap((route) => checkReference(route, "service", services, true)),
    ...plugins
      .slice(1)
      .flatMap((ofScope) => ofScope.flatMap((nested) => refuseReferences(nested, ["service", "route"]))),
    ...locate(document.plugins, ["plugins"]).flatMap((plugin) => [
      ...checkReference(plugin, "service", services, false),
      ...checkReference(plugin, "route", routes, false),
    ]),
    ...consumers.flatMap(checkConsumer),
    ...plugins.flatMap(findPluginTwice),
    ...findRepeated("Service name", services, "name"),
    ...findRepeated("Route name", routes, "name"),
    ...findRepeated("instance_name", plugins.flat(), "instance_name"),
    ...findRepeated("username", consumers, "username"),
    ...findRepeated("custom_id", consumers, "custom_id"),
  ];
}

/** A plugin at the top of the document may name a Route or a Service instead of being global. */
function findPluginTwice(ofScope: readonly Located<Plugin>[]): readonly Finding[] {
  const seen = new Set<string>();
  return ofScope.flatMap(({ value: { name, route, service }, path }) => {
    const scope = JSON.stringify([name, readReference(route), readReference(service)]);
    const isRepeated = seen.has(scope);
    seen.add(scope);
    return isRepeated ? [mistake(path, `The plugin ${name} appears twice for the same scope.`)] : [];
  });
}

/** The name or id in a reference; undefined if the reference is absent. */
export function readReference(reference: Reference | undefined): string | undefined {
  const name = typeof reference === "object" ? (reference?.name ?? reference?.id) : reference;
  return name ?? undefined;
}

type Owner = Readonly<{ service?: Reference; route?: Reference }>;

function refuseReferences({ value, path }: Located<Owner>, keys: readonly ("service" | "route")[]): readonly Finding[] {
  return keys
    .filter((key) => value[key] != null)
    .map((key) => ({
      ...mistake([...path, key], `"${key}" is for entities at the top of the document only.`),
      atKey: true,
    }));
}

function checkReference(
  { value, path }: Located<Owner>,
  key: "service" | "route",
  entities: readonly Located<{ readonly name?: string | null; readonly id?: string | null }>[],
  isRequired: boolean,
): readonly Finding[] {
  const name = readReference(value[key]);
  if (name === undefined) {
    const message =
      'This Route has no Service: write the Route inside its Service, or set "service" to the Service\'s name.';
    return isRequired ? [mistake(path, message)] : [];
  }
  const isKnown = entities.some(({ value: entity }) => entity.name === name || entity.id === name);
  return isKnown ? [] : [mistake([...path, key], `The document has no ${key} "${name}".`)];
}

function locate<T>(list: readonly T[] | null | undefined, path: DocumentPath): readonly Located<T>[] {
  return (list ?? []).map((value, index) => ({ value, path: [...path, index] }));
}

function mistake(path: DocumentPath, message: string): Finding {
  return { code: "invalid_value", path, message };
}

/**
 * If a Service has a url, Kong takes protocol, host and port from the url. If a Service has no url, Kong requires a
 * host. If protocol or port is absent, Kong uses a default. If protocol or port is null, Kong rejects the Service.
 */
function checkService({ value: { url, protocol, host, port, path: prefix }, path }: Located<Service>): Finding[] {
  const isWrong =
    url === undefined
      ? host == null || protocol === null || port === null
      : [protocol, host, port, prefix].some((part) => part != null);
  return isWrong
    ? [mistake(path, 'A Service needs either "url", or "host" and optionally protocol, port and path.')]
    : [];
}

function checkRoute({ value: { methods, hosts, paths, headers }, path }: Located<Route>): Finding[] {
  const lists = [methods, hosts, paths, Object.keys(headers ?? {})];
  if (!lists.some((list) => (list ?? []).length > 0)) {
    return [mistake(path, "A Route needs at least one of methods, hosts, headers and paths.")];
  }
  const values = Object.entries(headers ?? {}).flatMap(([name, list]) =>
    locate(list, [...path, "headers", name]).filter(({ value }) => value.startsWith(HEADER_REGEX)),
  );
  return [
    ...locate(paths, [...path, "paths"]).flatMap(checkPath),
    ...values.flatMap(({ value, path: place }) => checkRegex(value.slice(HEADER_REGEX.length).toLowerCase(), place)),
  ];
}

function checkPath({ value, path }: Located<string>): Finding[] {
  if (value.startsWith("~")) {
    return checkRegex(value.slice(1), path);
  }
  return value === normalizePath(value)
    ? []
    : [mistake(path, `This path is not in normal form: write "${normalizePath(value)}".`)];
}

function checkRegex(text: string, path: DocumentPath): Finding[] {
  try {
    compileRegex(text);
    return [];
  } catch (error) {
    return [mistake(path, `This regular expression is refused: ${messageOf(error)}.`)];
  }
}

/** The schema that the plugin server sends to Kong contains the same check. */
function checkPlugin({ value: { name, config }, path }: Located<Plugin>): Finding[] {
  if (name === GUARD) {
    return [];
  }
  if (config === undefined) {
    return [{ code: "missing_key", path, atKey: true, message: 'The key "config" is missing.' }];
  }
  return (config.policy_file == null) === (config.policy == null)
    ? [mistake([...path, "config"], 'The plugin\'s config needs either "policy_file" or "policy".')]
    : [];
}

function checkConsumer({ value: { username, custom_id: customId }, path }: Located<Consumer>): Finding[] {
  return username == null && customId == null ? [mistake(path, "A Consumer needs a username or a custom_id.")] : [];
}

function findRepeated<K extends string>(
  what: string,
  entities: readonly Located<{ readonly [key in K]?: string | null }>[],
  key: K,
): readonly Finding[] {
  const seen = new Set<string>();
  return entities.flatMap(({ value: { [key]: name }, path }) => {
    const isRepeated = name != null && seen.has(name);
    seen.add(name ?? "");
    return isRepeated ? [mistake([...path, key], `The ${what} "${name}" appears twice.`)] : [];
  });
}
