/**
 * Reduces the data of a real kong.yml or decK file to the part that the sandbox supports. Each part that is left out
 * causes a warning. Unknown fields stay in the data, so that the schema reports them as mistakes.
 */
import type { DocumentPath, Finding } from "../../plugin/policy/language/finding.ts";
import { insertEnvironment } from "./deck-environment.ts";
import { migratePath } from "./migrate-path.ts";
import {
  describeMissingPlugin,
  IGNORED_ENTITIES,
  IGNORED_PLUGIN_FIELDS,
  IGNORED_ROUTE_FIELDS,
  IGNORED_SERVICE_FIELDS,
  SILENT_ENTITIES,
  SILENT_FIELDS,
} from "./unsupported.ts";

type Members = Readonly<Record<string, unknown>>;

/** Maps the name of an upstream to the addresses of the upstream's targets. */
export type Upstreams = ReadonlyMap<string, readonly string[]>;

export interface Adapted {
  readonly data: unknown;
  readonly warnings: readonly Finding[];
  readonly mistakes: readonly Finding[];
  readonly upstreams: Upstreams;
  /** Converts a path in the result to the path in the original data. */
  toOriginal(path: DocumentPath): DocumentPath;
}

const JWT_POLICY = "jwt-policy";
export const GUARD = "jwt-policy-guard";
const OLD_FORMATS: readonly unknown[] = ["1.1", "2.1"];
const STREAM_PROTOCOLS: readonly unknown[] = ["tcp", "tls", "tls_passthrough", "udp"];
const CREDENTIALS = /_credentials$|^(?:acls|groups|jwt_secrets)$/;

/** @param environment the variables for decK's `${{ env "DECK_…" }}`. */
export function adaptDocument(data: unknown, environment: NodeJS.ProcessEnv): Adapted {
  return new Adaptation(environment).adapt(data);
}

class Adaptation {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #warnings: Finding[] = [];
  readonly #mistakes: Finding[] = [];
  /** Maps the path of a list in the original data to the original indexes of the elements that are in the result. */
  readonly #kept = new Map<string, readonly number[]>();
  #sharedConfigs: Members = {};
  #defaults: Members = {};
  #isOldFormat = false;

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  adapt(data: unknown): Adapted {
    const upstreams = isMap(data) ? this.#readUpstreams(data) : new Map();
    return {
      data: isMap(data) ? this.#adaptRoot(data) : data,
      warnings: this.#warnings,
      mistakes: this.#mistakes,
      upstreams,
      toOriginal: (path) => this.#toOriginal(path),
    };
  }

  #adaptRoot(root: Members): Members {
    const { _format_version: version, _info: info, _plugin_configs: configs, upstreams: _, ...others } = root;
    this.#isOldFormat = OLD_FORMATS.includes(version) && root._transform !== false;
    this.#sharedConfigs = isMap(configs) ? configs : {};
    this.#defaults = isMap(info) && isMap(info.defaults) ? info.defaults : {};
    const kept = this.#dropFields(others, [], {
      ...Object.fromEntries(Object.entries(IGNORED_ENTITIES).map(([name, why]) => [name, { why }])),
    });
    const known = Object.fromEntries(Object.entries(kept).filter(([name]) => !SILENT_ENTITIES.includes(name)));
    const format = OLD_FORMATS.includes(version)
      ? { _format_version: "3.0" }
      : version === undefined
        ? {}
        : { _format_version: version };
    return {
      ...format,
      ...known,
      ...this.#lists(known, [], {
        services: (service, path) => this.#adaptService(service, path),
        routes: (route, path) => this.#adaptRoute(route, path),
        plugins: (plugin, path) => this.#adaptPlugin(plugin, path, "global"),
        consumers: (consumer, path) => this.#adaptConsumer(consumer, path),
      }),
    };
  }

  #adaptService(service: Members, path: DocumentPath): Members | undefined {
    const filled = this.#fillDefaults(service, "service");
    const name = nameOf(filled);
    const { enabled, ...rest } = filled;
    if (enabled === false) {
      this.#warn(
        path,
        `Service "${name}" is switched off (enabled: false), so no request reaches its Routes, as on Kong.`,
      );
      return undefined;
    }
    const kept = this.#dropFields(enabled === true ? rest : filled, path, IGNORED_SERVICE_FIELDS);
    const { routes: _routes, plugins: _plugins, ...own } = kept;
    return {
      ...kept,
      ...this.#insertEnvironment(own, path),
      ...this.#lists(kept, path, {
        routes: (route, place) => this.#adaptRoute(route, place),
        plugins: (plugin, place) => this.#adaptPlugin(plugin, place, `Service "${name}"`),
      }),
    };
  }

  #adaptRoute(route: Members, path: DocumentPath): Members | undefined {
    const filled = this.#fillDefaults(route, "route");
    const name = nameOf(filled);
    const protocols = Array.isArray(filled.protocols) ? filled.protocols : [];
    if (protocols.length > 0 && protocols.every((protocol) => STREAM_PROTOCOLS.includes(protocol))) {
      this.#warn(
        path,
        `Route "${name}" is for ${protocols.join(", ")}; the sandbox serves HTTP only, and leaves the Route out.`,
      );
      return undefined;
    }
    if (protocols.some((protocol) => protocol === "grpc" || protocol === "grpcs")) {
      this.#warn(
        [...path, "protocols"],
        `Route "${name}" is for gRPC, which needs a real Kong: the sandbox refuses its requests.`,
      );
    }
    const kept = this.#dropFields(filled, path, IGNORED_ROUTE_FIELDS);
    const { plugins: _, ...own } = kept;
    return {
      ...kept,
      ...this.#migratePaths(this.#insertEnvironment(own, path)),
      ...this.#lists(kept, path, {
        plugins: (plugin, place) => this.#adaptPlugin(plugin, place, `Route "${name}"`),
      }),
    };
  }

  /** Before format 3.0, a path with characters that a plain path must not have was a regular expression. */
  #migratePaths(route: Members): Members {
    const { paths } = route;
    return this.#isOldFormat && Array.isArray(paths)
      ? { ...route, paths: paths.map((path) => (typeof path === "string" ? migratePath(path) : path)) }
      : route;
  }

  #adaptPlugin(plugin: Members, path: DocumentPath, scope: string): Members | undefined {
    const { name, enabled } = plugin;
    if (name === JWT_POLICY || typeof name !== "string") {
      return this.#adaptJwtPolicy(plugin, path);
    }
    if (enabled === false) {
      return undefined;
    }
    const target = findTarget(plugin);
    const where = scope === "global" && target !== undefined ? target : scope;
    if (name === GUARD) {
      if (where !== "global") {
        this.#warn(path, `The sandbox has no ${GUARD} for ${where}: its own gateway checks each verdict.`);
        return undefined;
      }
      return { name };
    }
    const consequence = describeMissingPlugin(name);
    this.#warn(path, `The sandbox does not run the plugin ${name} (${where}): ${consequence}.`, "plugin_not_run");
    return undefined;
  }

  #adaptJwtPolicy(plugin: Members, path: DocumentPath): Members {
    const { _config: shared, ...own } = plugin;
    const inherited = typeof shared === "string" ? this.#sharedConfigs[shared] : undefined;
    const { protocols, ...kept } = this.#dropFields(own, path, IGNORED_PLUGIN_FIELDS);
    if (Array.isArray(protocols) && !protocols.includes("http")) {
      this.#warn(
        [...path, "protocols"],
        `On Kong this plugin judges only requests of ${protocols.join(", ")}. In the sandbox the plugin judges every request.`,
      );
    }
    const merged = isMap(inherited)
      ? { ...kept, config: { ...inherited, ...(isMap(kept.config) ? kept.config : {}) } }
      : kept;
    return this.#insertEnvironment(typeof shared === "string" && !isMap(inherited) ? plugin : merged, path);
  }

  #adaptConsumer(consumer: Members, path: DocumentPath): Members {
    const credentials = Object.keys(consumer).filter((name) => CREDENTIALS.test(name) && consumer[name] != null);
    for (const name of credentials) {
      this.#warn(
        [...path, name],
        `The sandbox checks no credentials except tokens: it ignores ${name} of Consumer "${nameOf(consumer)}".`,
        "not_supported",
        true,
      );
    }
    for (const [index, plugin] of (Array.isArray(consumer.plugins) ? consumer.plugins : []).entries()) {
      const name = isMap(plugin) ? String(plugin.name) : "";
      if (name !== JWT_POLICY && !(isMap(plugin) && plugin.enabled === false)) {
        const consequence = describeMissingPlugin(name);
        const where = `Consumer "${nameOf(consumer)}"`;
        this.#warn(
          [...path, "plugins", index],
          `The sandbox does not run the plugin ${name} (${where}): ${consequence}.`,
          "plugin_not_run",
        );
      }
    }
    const hasOurs =
      Array.isArray(consumer.plugins) && consumer.plugins.some((one) => isMap(one) && one.name === JWT_POLICY);
    const dropped = [...credentials, ...SILENT_FIELDS, ...(hasOurs ? [] : ["plugins"])];
    return Object.fromEntries(Object.entries(consumer).filter(([name]) => !dropped.includes(name)));
  }

  #readUpstreams({ upstreams }: Members): Upstreams {
    const entries = (Array.isArray(upstreams) ? upstreams : []).flatMap((upstream, index) => {
      if (!isMap(upstream) || typeof upstream.name !== "string") {
        return [];
      }
      const targets = (Array.isArray(upstream.targets) ? upstream.targets : []).flatMap((target) =>
        isMap(target) && typeof target.target === "string" && target.weight !== 0 ? [target.target] : [],
      );
      const message = `The sandbox does not balance load or check health: it uses the first target of upstream "${upstream.name}" only.`;
      this.#warn(["upstreams", index], message);
      return [[upstream.name, targets] as const];
    });
    return new Map(entries);
  }

  #fillDefaults(entity: Members, kind: "route" | "service"): Members {
    const defaults = this.#defaults[kind];
    const own = Object.entries(entity).filter(([, value]) => value !== undefined);
    return isMap(defaults) ? { ...defaults, ...Object.fromEntries(own) } : entity;
  }

  /**
   * Leaves out fields that have no effect in the sandbox. If such a field differs from Kong's default, the user gets a warning.
   */
  #dropFields(
    entity: Members,
    path: DocumentPath,
    ignored: Readonly<Record<string, { readonly why: string; readonly usual?: unknown }>>,
  ): Members {
    const kept = Object.entries(entity).filter(([name, value]) => {
      const field = Object.hasOwn(ignored, name) ? ignored[name] : undefined;
      if (field && value !== null && value !== field.usual && !(Array.isArray(value) && value.length === 0)) {
        this.#warn([...path, name], `"${name}" has no effect here. ${field.why}`, "not_supported", true);
      }
      return field === undefined && !SILENT_FIELDS.includes(name);
    });
    return Object.fromEntries(kept);
  }

  #insertEnvironment(entity: Members, path: DocumentPath): Members {
    const { value, missing } = insertEnvironment(entity, this.#environment);
    for (const { variable, path: place } of missing) {
      const message = `decK inserts ${variable} here, but this variable is not set: set the variable for the sandbox too.`;
      this.#mistakes.push({ code: "invalid_value", path: [...path, ...place], message });
    }
    return value as Members;
  }

  /** Adapts each element of the lists, and omits elements that the sandbox does not support. */
  #lists(
    entity: Members,
    path: DocumentPath,
    kinds: Readonly<Record<string, (element: Members, path: DocumentPath) => Members | undefined>>,
  ): Members {
    const lists = Object.entries(kinds).flatMap(([name, adapt]) => {
      const list = entity[name];
      if (!Array.isArray(list)) {
        return [];
      }
      // This path contains the original indexes, because #toOriginal looks lists up by their original paths.
      const place = [...path, name];
      const adapted = list.map((element: unknown, index) =>
        isMap(element) ? adapt(element, [...place, index]) : element,
      );
      const indexes = adapted.flatMap((element, index) => (element === undefined ? [] : [index]));
      this.#kept.set(JSON.stringify(place), indexes);
      return [[name, indexes.map((index) => adapted[index])] as const];
    });
    return Object.fromEntries(lists);
  }

  /**
   * The code stores each list under its path in the original data. So this function also looks up outer lists by their
   * original paths.
   */
  #toOriginal(path: DocumentPath): DocumentPath {
    const original: (string | number)[] = [];
    for (const step of path) {
      const kept = typeof step === "number" ? this.#kept.get(JSON.stringify(original)) : undefined;
      original.push(kept?.[Number(step)] ?? step);
    }
    return original;
  }

  #warn(path: DocumentPath, message: string, code: Finding["code"] = "not_supported", atKey = false): void {
    this.#warnings.push({ severity: "warning", code, path, message, ...(atKey && { atKey }) });
  }
}

function isMap(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf({ name, username, id }: Members): string {
  return String(name ?? username ?? id ?? "(no name)");
}

/** Finds the entity to which a plugin at the top of the document is attached. */
function findTarget(plugin: Members): string | undefined {
  const key = ["route", "service", "consumer", "consumer_group"].find((name) => plugin[name] != null);
  if (key === undefined) {
    return undefined;
  }
  const reference = plugin[key];
  return `${key} "${isMap(reference) ? nameOf(reference) : String(reference)}"`;
}
