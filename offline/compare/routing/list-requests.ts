import { matchPath, type RoutedRoute } from "../../requests/kong-router.ts";
import { ANY, findOtherMethod } from "../cells/list-cells.ts";
import type { SamplePattern } from "./gateway.ts";

/** A request that represents a group of requests. No Route of either version distinguishes the requests of a group. */
export interface SampleRequest {
  readonly method: string;
  /** Whether the method represents all methods that no Route names. */
  readonly isOtherMethod: boolean;
  readonly host: string | undefined;
  readonly path: string;
  /** The path to show to users, with `{}` for a segment of any value. */
  readonly template: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly isTls: boolean;
}

/** A path that a policy distinguishes from other paths. */
export interface OperationPath {
  readonly method: string;
  readonly path: string;
  readonly template: string;
}

const OTHER_HOST = "other.example";
/** The maximum number of requests for one Route. */
const MAX_REQUESTS = 20_000;

interface PlacedPath {
  readonly path: string;
  readonly template: string;
}

/**
 * Lists requests that may reach a Route. The list has one request of each kind. Returns undefined if there are too many
 * requests.
 */
export function listRequests(
  own: RoutedRoute,
  all: readonly RoutedRoute[],
  operations: readonly OperationPath[],
  samplePattern: SamplePattern,
): readonly SampleRequest[] | undefined {
  const near = all.filter((route) => overlaps(own, route));
  const ofOperations = operations.filter(({ path }) => fitsPath(own, path));
  const paths = [
    ...samplePaths(own, samplePattern),
    ...near.flatMap((route) => samplePaths(route, samplePattern)).filter(({ path }) => fitsPath(own, path)),
    ...ofOperations,
  ];
  const places = [...new Map(paths.map(({ path, template }) => [path, { path, template }])).values()];
  const named = new Set([
    ...near.flatMap(({ methods }) => methods),
    ...ofOperations.map(({ method }) => method),
    ...own.methods,
  ]);
  const other = findOtherMethod(named);
  const methods = own.methods.length > 0 ? own.methods : [...named, other];
  const hosts: readonly (string | undefined)[] =
    own.hosts.length > 0
      ? own.hosts.map(sampleHost)
      : near.some(({ hosts: theirs }) => theirs.length > 0)
        ? [...new Set([OTHER_HOST, ...near.flatMap(({ hosts: theirs }) => theirs.map(sampleHost))])]
        : [undefined];
  const headers = listHeaders(own, near, samplePattern);
  const transports = [
    ...(own.protocols.includes("https") ? [true] : []),
    ...(own.protocols.includes("http") ? [false] : []),
  ];
  if (methods.length * hosts.length * places.length * headers.length * transports.length > MAX_REQUESTS) {
    return undefined;
  }
  return transports.flatMap((isTls) =>
    hosts.flatMap((host) =>
      headers.flatMap((fields) =>
        places.flatMap((place) =>
          methods.map(
            (method): SampleRequest => ({
              ...place,
              method,
              isOtherMethod: method === other,
              host,
              headers: fields,
              isTls,
            }),
          ),
        ),
      ),
    ),
  );
}

/** Whether there is a path that matches both Routes. A Route with a regular expression may match any path. */
function overlaps(one: RoutedRoute, other: RoutedRoute): boolean {
  const isOpen = ({ paths }: RoutedRoute): boolean => paths.length === 0 || paths.some((path) => path.startsWith("~"));
  return (
    isOpen(one) ||
    isOpen(other) ||
    one.paths.some((path) => other.paths.some((theirs) => path.startsWith(theirs) || theirs.startsWith(path)))
  );
}

function fitsPath({ paths }: RoutedRoute, path: string): boolean {
  return paths.length === 0 || paths.some((own) => matchPath(own, path) !== undefined);
}

/** Lists example paths of a Route. For example, Kong's prefix `/a` matches `/a`, `/a/x1` and also `/ax1`. */
function samplePaths({ paths }: RoutedRoute, samplePattern: SamplePattern): readonly PlacedPath[] {
  const all = paths.length > 0 ? paths : ["/"];
  return all.flatMap((path): readonly PlacedPath[] => {
    if (path.startsWith("~")) {
      const sample = samplePattern(path.slice(1));
      return sample === undefined ? [] : [place(sample), place(`${sample}/${ANY}`)];
    }
    return path.endsWith("/")
      ? [place(path), place(`${path}${ANY}`)]
      : [place(path), place(`${path}/${ANY}`), place(`${path}${ANY}`)];
  });
}

function place(path: string): PlacedPath {
  return { path, template: path.replaceAll(ANY, "{}") };
}

/** `*.example.com` fits `x1.example.com`, `example.*` fits `example.x1`. */
function sampleHost(host: string): string {
  return host.replace("*", ANY);
}

function listHeaders(
  own: RoutedRoute,
  near: readonly RoutedRoute[],
  samplePattern: SamplePattern,
): readonly ReadonlyMap<string, string>[] {
  const ofRoute = ({ headers }: RoutedRoute): readonly (readonly [string, string])[] =>
    [...headers].flatMap(([name, values]) => {
      const [value = ""] = values;
      const sample = value.startsWith("~*") ? samplePattern(value.slice(2)) : value;
      return sample === undefined ? [] : [[name, sample] as const];
    });
  const sets = [own, ...near].map((route) => new Map([...ofRoute(route), ...ofRoute(own)]));
  return [...new Map(sets.map((set) => [JSON.stringify([...set].sort()), set])).values()];
}
