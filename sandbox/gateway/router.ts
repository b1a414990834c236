/**
 * Routes like Kong's `traditional_compatible` router: by methods, hosts, headers, plain path prefixes and regular expressions. The first
 * match in order of priority wins.
 */
import { isUtf8 } from "node:buffer";
import { HEADER_REGEX } from "../config/check-kong-document.ts";
import { nameUuid } from "../config/entity-ids.ts";
import type { KongRoute } from "../config/kong-config.ts";
import type { HeaderList } from "../message/header-list.ts";
import { compileRegex } from "../regex/run-regex.ts";

const SPLIT_ROUTES_NAMESPACE = "7f145bf9-0dce-4f91-98eb-debbce4b9f6b";

interface RouteMatch {
  route: KongRoute;
  /** The first part of the request path, which matches a path of the Route; absent if the Route has no paths. */
  matchedPath?: string;
}

/**
 * @param host the Host header as the client sent it, port included.
 * @param path the path in Kong's normal form.
 */
export type MatchRoute = (
  method: string,
  host: string | undefined,
  path: string,
  headers?: HeaderList,
) => RouteMatch | undefined;

/**
 * A candidate has one of three forms: a Route without paths, all plain paths of one length in a Route, or all regular
 * expressions of a Route. The router compares plain paths by length, so all plain paths of a candidate must have the
 * same length.
 */
interface Candidate {
  id: string;
  route: KongRoute;
  paths: readonly string[];
  /** Whether the paths of the candidate are regular expressions. */
  isRegex: boolean;
  /** @returns the first part of the request path, which matches a path of the candidate. */
  matchPath(path: string): string | undefined;
  headers: readonly HeaderTest[];
}

type HeaderTest = (headers: HeaderList) => boolean;

/** @param port the port on which the gateway listens, for hosts that name a port. */
export function compileRouter(routes: readonly KongRoute[], port: number): MatchRoute {
  const candidates = routes.flatMap(splitByPathLength).sort(comparePriority);
  return (method, host, path, headers = []) => {
    if (!isUtf8(Buffer.from(path + (host ?? ""), "latin1"))) {
      // Kong's router accepts only valid UTF-8. If the path or the host has any other bytes, the router logs an error
      // and finds no Route.
      return undefined;
    }
    const [hostName, hostPort = port] = splitPort(host ?? "");
    for (const { route, paths, matchPath, headers: wanted } of candidates) {
      const matchedPath = matchPath(path);
      if (
        wanted.every((isMet) => isMet(headers)) &&
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

/** A criterion that the Route does not set matches every request. */
function matchesAny(wanted: readonly string[] | undefined, matches: (one: string) => boolean): boolean {
  return wanted === undefined || wanted.length === 0 || wanted.some(matches);
}

function splitByPathLength(route: KongRoute): Candidate[] {
  const groups = new Map<number, string[]>();
  for (const path of route.paths ?? []) {
    const key = isRegexPath(path) ? 0 : path.length;
    groups.set(key, [...(groups.get(key) ?? []), path]);
  }
  const headers = Object.entries(route.headers ?? {}).map(([name, values]) => compileHeader(name, values));
  const candidate = (id: string, paths: readonly string[]): Candidate => ({
    id,
    route,
    paths,
    isRegex: paths.some(isRegexPath),
    matchPath: compilePaths(paths),
    headers,
  });
  if (groups.size < 2) {
    return [candidate(route.id, route.paths ?? [])];
  }
  return [...groups.values()].map((paths, index) =>
    candidate(nameUuid(SPLIT_ROUTES_NAMESPACE, `${route.id}#${index + 1}`), paths),
  );
}

function isRegexPath(path: string): boolean {
  return path.startsWith("~");
}

/** Kong anchors regular expressions at the start of the path, and compares UTF-8 characters instead of bytes. */
function compilePaths(paths: readonly string[]): Candidate["matchPath"] {
  const tests = paths.map((written): Candidate["matchPath"] => {
    if (!isRegexPath(written)) {
      return (path) => (path.startsWith(written) ? written : undefined);
    }
    const { matchStart } = compileRegex(written.slice(1));
    return (path) => {
      const matched = matchStart(Buffer.from(path, "latin1").toString());
      return matched === undefined ? undefined : Buffer.from(matched).toString("latin1");
    };
  });
  return (path) => {
    for (const test of tests) {
      const matched = test(path);
      if (matched !== undefined) {
        return matched;
      }
    }
    return undefined;
  };
}

/**
 * Returns a test for a request's headers. At least one value of the header must be equal to a value in the Route's
 * configuration, or match a regular expression there. The test ignores letter case.
 */
function compileHeader(name: string, wanted: readonly string[]): HeaderTest {
  const variable = name.toLowerCase().replaceAll("-", "_");
  const tests = wanted.map((value) => {
    const text = value.toLowerCase();
    if (!value.startsWith(HEADER_REGEX)) {
      return (sent: string) => sent === text;
    }
    return compileRegex(text.slice(HEADER_REGEX.length)).isIn;
  });
  return (headers) =>
    headers.some(
      ([key, value]) =>
        key.toLowerCase().replaceAll("-", "_") === variable && tests.some((test) => test(value.toLowerCase())),
    );
}

/**
 * Compares two candidates. The first difference in this list decides: more kinds of criteria, only plain hosts, more
 * headers, regular expressions before plain paths, the higher `regex_priority`, the longer plain path, the greater id.
 */
function comparePriority(a: Candidate, b: Candidate): number {
  return (
    countCriteria(b) - countCriteria(a) ||
    Number(hasOnlyPlainHosts(b)) - Number(hasOnlyPlainHosts(a)) ||
    b.headers.length - a.headers.length ||
    Number(b.isRegex) - Number(a.isRegex) ||
    (b.isRegex ? (b.route.regexPriority ?? 0) - (a.route.regexPriority ?? 0) : 0) ||
    (a.isRegex ? 0 : (b.paths[0]?.length ?? 0) - (a.paths[0]?.length ?? 0)) ||
    (b.id < a.id ? -1 : 1)
  );
}

function countCriteria({ route, paths, headers }: Candidate): number {
  return [route.methods ?? [], route.hosts ?? [], paths, headers].filter((list) => list.length > 0).length;
}

function hasOnlyPlainHosts({ route }: Candidate): boolean {
  return route.hosts !== undefined && !route.hosts.some((host) => host.includes("*"));
}

/** Kong compares hosts byte by byte, so letter case matters. */
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
