/**
 * Finds the Route of a request as Kong's `traditional_compatible` router does, for Routes with methods, hosts, paths
 * and headers. Each Route also has the policy and the rule that the Route's plugin names.
 */

import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";

/** A Route of kong.yml, with the jwt-policy plugin that judges its requests. */
export interface RoutedRoute {
  /** The Route's name; undefined if the Route has no name. */
  readonly name: string | undefined;
  readonly tags: readonly string[];
  readonly methods: readonly string[];
  readonly hosts: readonly string[];
  /** A path that starts with `~` is a regular expression. */
  readonly paths: readonly string[];
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly protocols: readonly string[];
  readonly regexPriority: number;
  readonly createdAt: number;
  /** Why the Route's criteria cannot be evaluated offline; undefined if they can be evaluated. */
  readonly unsupported: string | undefined;
  readonly plugin: RoutePlugin | undefined;
}

/** The configuration of the plugin that judges the request. */
interface RoutePlugin {
  readonly policyFile: string | undefined;
  readonly rule: string | undefined;
}

/** The parts of a request that the router reads. */
export interface RoutableRequest {
  readonly method: string;
  readonly host: string | undefined;
  /** Path without query. */
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly isTls: boolean;
}

interface Candidate {
  readonly route: RoutedRoute;
  /**
   * The paths of one kind: prefixes of one length, or one regular expression; an empty list if the Route has no paths.
   */
  readonly paths: readonly string[];
}

/**
 * Finds the Route of a request. Returns undefined if Kong would answer 404. The failure says why the Route cannot be
 * found offline.
 */
export type RouteRequest = (request: RoutableRequest) => Result<RoutedRoute | undefined, string>;

/** Matches a path that Kong's router does not change: a path without escapes, double slashes and dot segments. */
const NORMAL_PATH = /^(?!.*(?:\/\/|\/\.{1,2}(?:\/|$)))\/[^%]*$/;

/** @param routes all Routes of the gateway. */
export function createRouter(routes: readonly RoutedRoute[]): RouteRequest {
  const candidates = routes.flatMap(splitByPath).sort(comparePriority);
  return (request) => {
    if (!NORMAL_PATH.test(request.path)) {
      return fail("Kong changes this path before Kong looks for a Route. Name the rule or the Route of this request.");
    }
    const fitting = candidates.filter((candidate) => fits(candidate, request));
    const [first, second] = fitting.filter((candidate, _, [best]) => best && comparePriority(best, candidate) === 0);
    const unsupported = routes.find((route) => route.unsupported !== undefined);
    if (unsupported) {
      return fail(`Route "${unsupported.name ?? ""}" has ${unsupported.unsupported}, which is not evaluated offline.`);
    }
    return second && second.route !== first?.route
      ? fail(`The Routes "${first?.route.name ?? ""}" and "${second.route.name ?? ""}" match with equal priority.`)
      : succeed(first?.route);
  };
}

function splitByPath(route: RoutedRoute): readonly Candidate[] {
  if (route.paths.length === 0) {
    return [{ route, paths: [] }];
  }
  const groups = new Map<string, string[]>();
  for (const path of route.paths) {
    const kind = isPattern(path) ? path : String(path.length);
    groups.set(kind, [...(groups.get(kind) ?? []), path]);
  }
  return [...groups.values()].map((paths) => ({ route, paths }));
}

function isPattern(path: string): boolean {
  return path.startsWith("~");
}

/**
 * Sorts Routes as Kong does. Routes with more kinds of criteria come first. Kong then compares four things: the number
 * of headers, plain hosts, the priority of regular expressions, and the length of paths.
 */
function comparePriority(a: Candidate, b: Candidate): number {
  const isRegex = ({ paths }: Candidate): boolean => paths.some(isPattern);
  return (
    countKinds(b) - countKinds(a) ||
    b.route.headers.size - a.route.headers.size ||
    Number(hasPlainHosts(b)) - Number(hasPlainHosts(a)) ||
    Number(isRegex(b)) - Number(isRegex(a)) ||
    (isRegex(a) ? b.route.regexPriority - a.route.regexPriority : 0) ||
    (b.paths[0]?.length ?? 0) - (a.paths[0]?.length ?? 0) ||
    a.route.createdAt - b.route.createdAt
  );
}

function countKinds({ route, paths }: Candidate): number {
  return [route.methods.length, route.hosts.length, paths.length, route.headers.size].filter((count) => count > 0)
    .length;
}

function hasPlainHosts({ route: { hosts } }: Candidate): boolean {
  return hosts.length > 0 && !hosts.some((host) => host.includes("*"));
}

function fits({ route, paths }: Candidate, request: RoutableRequest): boolean {
  return (
    isAny(route.methods, (method) => method === request.method) &&
    isAny(route.hosts, (pattern) => fitsHost(pattern, request.host ?? "")) &&
    isAny(paths, (path) => matchPath(path, request.path) !== undefined) &&
    [...route.headers].every(([name, values]) => {
      const sent = request.headers.get(name)?.toLowerCase();
      return sent !== undefined && values.some((value) => fitsHeader(value.toLowerCase(), sent));
    }) &&
    route.protocols.includes(request.isTls ? "https" : "http")
  );
}

/** Whether a request fits one criterion of a Route. If the Route does not have this criterion, every request fits. */
function isAny(wanted: readonly string[], test: (one: string) => boolean): boolean {
  return wanted.length === 0 || wanted.some(test);
}

function fitsHost(pattern: string, host: string): boolean {
  const [wanted, wantedPort] = splitPort(pattern);
  const [name, port] = splitPort(host);
  if (wantedPort !== undefined && wantedPort !== port) {
    return false;
  }
  if (wanted.startsWith("*")) {
    return name.endsWith(wanted.slice(1));
  }
  return wanted.endsWith("*") ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
}

function splitPort(host: string): readonly [name: string, port: string | undefined] {
  const [, name = host, port] = /^(.*):(\d+)$/.exec(host) ?? [];
  return [name, port];
}

function fitsHeader(wanted: string, sent: string): boolean {
  return wanted.startsWith("~*") ? new RegExp(wanted.slice(2), "u").test(sent) : wanted === sent;
}

/**
 * The part of a request's path that matches a path of a Route; undefined if the path does not match. Kong anchors a
 * regular expression at the start of the path.
 */
export function matchPath(path: string, requestPath: string): string | undefined {
  if (isPattern(path)) {
    return new RegExp(`^(?:${path.slice(1)})`, "u").exec(requestPath)?.[0];
  }
  return requestPath.startsWith(path) ? path : undefined;
}

/**
 * Finds a regular expression of a Route that is invalid in JavaScript. Kong uses Rust's regular expressions, and most
 * of them are also valid in JavaScript.
 */
export function findBrokenPattern(route: Pick<RoutedRoute, "paths" | "headers">): string | undefined {
  const patterns = [
    ...route.paths.filter(isPattern).map((path) => path.slice(1)),
    ...[...route.headers.values()].flat().flatMap((value) => (value.startsWith("~*") ? [value.slice(2)] : [])),
  ];
  return patterns.find((pattern) => !isPatternValid(pattern));
}

function isPatternValid(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u") instanceof RegExp;
  } catch {
    return false;
  }
}
