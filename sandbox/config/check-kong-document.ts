/** Checks of a kong.yml that involve more than one field. The schema cannot express them. */
import type { DocumentPath, Finding } from "../../plugin/policy/language/finding.ts";
import type {
  Consumer,
  Plugin,
  Route,
  SandboxKongDocument,
  Service,
} from "../../schema/generated/sandbox-kong-document.ts";
import { normalizePath } from "./request-path.ts";

interface Located<T> {
  readonly value: T;
  readonly path: DocumentPath;
}

/**
 * @returns mistakes: fields that need or exclude each other, paths that no request can match, and duplicates. Kong also refuses
 * most of these.
 */
export function checkKongDocument(document: SandboxKongDocument): readonly Finding[] {
  const services = locate(document.services, ["services"]);
  const routes = services.flatMap(({ value, path }) => locate(value.routes, [...path, "routes"]));
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
    ...consumers.flatMap(checkConsumer),
    ...plugins.flatMap((ofScope) =>
      ofScope.slice(1).map(({ path }) => mistake(path, "The plugin jwt-policy appears twice for the same scope.")),
    ),
    ...findRepeated("Service name", services, "name"),
    ...findRepeated("Route name", routes, "name"),
    ...findRepeated("instance_name", plugins.flat(), "instance_name"),
    ...findRepeated("username", consumers, "username"),
    ...findRepeated("custom_id", consumers, "custom_id"),
  ];
}

function locate<T>(list: readonly T[] | null | undefined, path: DocumentPath): readonly Located<T>[] {
  return (list ?? []).map((value, index) => ({ value, path: [...path, index] }));
}

function mistake(path: DocumentPath, message: string): Finding {
  return { code: "invalid_value", path, message };
}

/** Kong reads protocol and port from the url. Without a url, Kong requires them, and has defaults only if they are absent. */
function checkService({ value: { url, protocol, host, port, path: prefix }, path }: Located<Service>): Finding[] {
  const isWrong =
    url === undefined
      ? host == null || protocol === null || port === null
      : [protocol, host, port, prefix].some((part) => part != null);
  return isWrong
    ? [mistake(path, 'A Service needs either "url", or "host" and optionally protocol, port and path.')]
    : [];
}

function checkRoute({ value: { methods, hosts, paths }, path }: Located<Route>): Finding[] {
  if (![methods, hosts, paths].some((list) => (list ?? []).length > 0)) {
    return [mistake(path, "A Route needs at least one of methods, hosts and paths.")];
  }
  return locate(paths, [...path, "paths"])
    .filter(({ value }) => value !== normalizePath(value))
    .map(({ value, path: place }) =>
      mistake(place, `This path is not in normal form: write "${normalizePath(value)}".`),
    );
}

/** The same check is in the schema that the plugin server gives to Kong. */
function checkPlugin({ value: { config }, path }: Located<Plugin>): Finding[] {
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
