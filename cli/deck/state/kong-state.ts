import { isMap, isScalar, isSeq, YAMLMap } from "yaml";
import { NAME } from "../../../plugin/kong/contract/plugin-identity.ts";
import type { StateFile } from "./state-file.ts";

/** A map in a decK file that describes one entity on Kong. */
export interface StateEntity {
  readonly node: YAMLMap;
  readonly source: StateFile;
}

export interface StateRoute extends StateEntity {
  /** The entity's name and id, if the file gives them. */
  readonly names: readonly string[];
  readonly tags: readonly string[];
  /** The name and the id of the Service. */
  readonly service: readonly string[];
  /** The Service of the Route, if the files contain this Service. */
  readonly serviceNode: YAMLMap | undefined;
}

/** The entity to which a plugin is attached, with the entity's name and id. */
export interface PluginScope {
  readonly on: "global" | "service" | "route" | "consumer";
  readonly names: readonly string[];
}

export interface StatePlugin extends StateEntity {
  readonly scope: PluginScope;
}

export interface NamedPlugin extends StatePlugin {
  /** The name is undefined if the file does not name the entity. */
  readonly name: string | undefined;
}

/** Kong's plugin that answers CORS preflights. */
const CORS = "cors";
const GUARD = "jwt-policy-guard";

/** The entities that these checks need, from all files. All files are for the same gateway. */
export interface KongState {
  readonly routes: readonly StateRoute[];
  /** Only the jwt-policy plugins. */
  readonly plugins: readonly StatePlugin[];
  /** All plugins, whatever their name. */
  readonly allPlugins: readonly NamedPlugin[];
  /** The guard's plugins. */
  readonly guardPlugins: readonly StatePlugin[];
  /** Kong's cors plugins. */
  readonly corsPlugins: readonly StatePlugin[];
  /** decK's `_plugin_configs`: shared configurations, to which plugins refer by `_config`. */
  readonly sharedConfigs: ReadonlyMap<string, StateEntity>;
}

const GLOBAL: PluginScope = { on: "global", names: [] };

/** Finds routes, jwt-policy plugins and cors plugins wherever decK accepts them: nested and at the top level. */
export function findKongState(files: readonly StateFile[]): KongState {
  const routes: StateRoute[] = [];
  const all: NamedPlugin[] = [];
  const services = files.flatMap(({ root }) => mapsAt(root, "services"));
  const findService = (names: readonly string[]): YAMLMap | undefined =>
    services.find((service) => isSame(namesOf(service), names));
  const addPlugins = (owner: YAMLMap, source: StateFile, scopeOf: (plugin: YAMLMap) => PluginScope): void => {
    const nodes = mapsAt(owner, "plugins");
    all.push(...nodes.map((node) => ({ node, source, scope: scopeOf(node), name: textAt(node, "name") })));
  };
  const addRoutes = (owner: YAMLMap, source: StateFile, serviceOf: (route: YAMLMap) => readonly string[]): void => {
    for (const node of mapsAt(owner, "routes")) {
      const names = namesOf(node);
      const service = serviceOf(node);
      routes.push({ node, source, names, tags: textsAt(node, "tags"), service, serviceNode: findService(service) });
      addPlugins(node, source, () => ({ on: "route", names }));
    }
  };
  for (const source of files) {
    const { root } = source;
    for (const service of mapsAt(root, "services")) {
      const names = namesOf(service);
      addPlugins(service, source, () => ({ on: "service", names }));
      addRoutes(service, source, () => names);
    }
    addRoutes(root, source, (route) => {
      const reference = referenceAt(route, "service");
      const service = findService(reference);
      return service ? namesOf(service) : reference;
    });
    for (const consumer of [...mapsAt(root, "consumers"), ...mapsAt(root, "consumer_groups")]) {
      addPlugins(consumer, source, () => ({ on: "consumer", names: [] }));
    }
    addPlugins(root, source, findScope);
  }
  const pick = (wanted: string): StatePlugin[] =>
    all.filter(({ name }) => name === wanted).map(({ node, source, scope }) => ({ node, source, scope }));
  return {
    routes,
    allPlugins: all,
    plugins: pick(NAME),
    guardPlugins: pick(GUARD),
    corsPlugins: pick(CORS),
    sharedConfigs: findSharedConfigs(files),
  };
}

/** Whether two lists of names and ids refer to the same entity. */
export function isSame(names: readonly string[], others: readonly string[]): boolean {
  return names.some((name) => others.includes(name));
}

export function isNull(value: unknown): boolean {
  return value === null || (isScalar(value) && value.value === null);
}

/** Whether a key has a value. Kong and decK treat an explicit null as absent. */
export function hasAt(map: YAMLMap, key: string): boolean {
  return (map.get(key) ?? null) !== null;
}

export function textAt(map: YAMLMap, key: string): string | undefined {
  const value = map.get(key);
  return typeof value === "string" ? value : undefined;
}

export function textsAt(map: YAMLMap, key: string): string[] {
  const list = map.get(key);
  return isSeq(list) ? list.items.flatMap((item) => (isScalar(item) ? [String(item.value)] : [])) : [];
}

function mapsAt(map: YAMLMap, key: string): YAMLMap[] {
  const list = map.get(key);
  return isSeq(list) ? list.items.filter((item): item is YAMLMap => isMap(item)) : [];
}

function namesOf(entity: YAMLMap): string[] {
  return ["name", "id"].flatMap((key) => textAt(entity, key) ?? []);
}

/** A reference to an entity is its name or its id, or a map with the name or the id. */
function referenceAt(map: YAMLMap, key: string): string[] {
  const value = map.get(key);
  return isMap(value) ? namesOf(value as YAMLMap) : typeof value === "string" ? [value] : [];
}

function findScope(plugin: YAMLMap): PluginScope {
  if (hasAt(plugin, "consumer") || hasAt(plugin, "consumer_group")) {
    return { on: "consumer", names: [] };
  }
  const on = (["route", "service"] as const).find((key) => hasAt(plugin, key));
  return on === undefined ? GLOBAL : { on, names: referenceAt(plugin, on) };
}

function findSharedConfigs(files: readonly StateFile[]): ReadonlyMap<string, StateEntity> {
  const found = files.flatMap((source) => {
    const configs = source.root.get("_plugin_configs");
    const items = isMap(configs) ? (configs as YAMLMap).items : [];
    return items.flatMap(({ key, value }) => {
      // If a configuration is null, it exists but is empty.
      const node = isMap(value) ? (value as YAMLMap) : isNull(value) ? new YAMLMap() : undefined;
      return isScalar(key) && node ? [[String(key.value), { node, source }] as const] : [];
    });
  });
  return new Map(found);
}
