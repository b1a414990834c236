/**
 * Routes like Kong's `traditional_compatible` router, for routes with methods, hosts and plain path prefixes. The first match
 * in order of priority wins.
 */
import { isUtf8 } from "node:buffer";
import { nameUuid } from "../config/entity-ids.ts";
import type { KongRoute } from "../config/kong-config.ts";

const SPLIT_ROUTES_NAMESPACE = "7f145bf9-0dce-4f91-98eb-debbce4b9f6b";

interface RouteMatch {
  route: KongRoute;
  /** The path of the route with which the request path starts. Absent when the route has no paths. */
  matchedPath?: string;
}

/** @param host the Host header as sent, port included. @param path in Kong's normal form. */
export type MatchRoute = (method: string, host: string | undefined, path: string) => RouteMatch | undefined;

/** A route, or the paths of one length of a route. The router compares by length, so each candidate must have one length. */
interface Candidate {
  id: string;
  route: KongRoute;
  paths: readonly string[];
}

/** @param port the port that the gateway listens on, for hosts that name a port. */
export function compileRouter(routes: readonly KongRoute[], port: number): MatchRoute {
  const candidates = routes.flatMap(splitByPathLength).sort(comparePriority);
  return (method, host, path) => {
    if (!isUtf8(Buffer.from(path + (host ?? ""), "latin1"))) {
      // Kong's router accepts only valid UTF-8. For other bytes it logs an error and finds no route.
      return undefined;
    }
    const [hostName, hostPort = port] = splitPort(host ?? "");
    for (const { route, paths } of candidates) {
      const matchedPath = paths.find((prefix) => path.startsWith(prefix));
      if (
        matchesAny(route.methods, (wanted) => wanted === method) &&
        matchesAny(route.hosts, (pattern) => matchesHost(pattern, hostName, hostPort)) &&
        (paths.length === 0 || matchedPath !== undefined)
      ) {
        return { route, ...(matchedPath === undefined ? {} : { matchedPath }) };
      }
    }
    return undefined;
  };
}

/** A criterion that the route does not have matches every request. */
function matchesAny(wanted: readonly string[] | undefined, matches: (one: string) => boolean): boolean {
  return wanted === undefined || wanted.length === 0 || wanted.some(matches);
}

function splitByPathLength(route: KongRoute): Candidate[] {
  const groups = new Map<number, string[]>();
  for (const path of route.paths ?? []) {
    groups.set(path.length, [...(groups.get(path.length) ?? []), path]);
  }
  if (groups.size < 2) {
    return [{ id: route.id, route, paths: route.paths ?? [] }];
  }
  return [...groups.values()].map((paths, index) => ({
    id: nameUuid(SPLIT_ROUTES_NAMESPACE, `${route.id}#${index + 1}`),
    route,
    paths,
  }));
}

/**
 * Compares two candidates. More kinds of criteria come first, then plain hosts before wildcards, then the longer path, then the
 * greater id.
 */
function comparePriority(a: Candidate, b: Candidate): number {
  return (
    countCriteria(b) - countCriteria(a) ||
    Number(hasOnlyPlainHosts(b)) - Number(hasOnlyPlainHosts(a)) ||
    (b.paths[0]?.length ?? 0) - (a.paths[0]?.length ?? 0) ||
    (b.id < a.id ? -1 : 1)
  );
}

function countCriteria({ route, paths }: Candidate): number {
  return [route.methods ?? [], route.hosts ?? [], paths].filter((list) => list.length > 0).length;
}

function hasOnlyPlainHosts({ route }: Candidate): boolean {
  return route.hosts !== undefined && !route.hosts.some((host) => host.includes("*"));
}

/** Kong compares hosts byte by byte, so upper and lower case differ. */
function matchesHost(pattern: string, host: string, port: number): boolean {
  const [name, wantedPort] = splitPort(pattern);
  if (wantedPort !== undefined && wantedPort !== port) {
    return false;
  }
  if (name.startsWith("*")) {
    return host.endsWith(name.slice(1));
  }
  return name.endsWith("*") ? host.startsWith(name.slice(0, -1)) : host === name;
}

function splitPort(host: string): [name: string, port?: number] {
  const match = /^([^:]*):(\d+)$/.exec(host);
  return match?.[1] === undefined ? [host] : [match[1], Number(match[2])];
}
