import type { KongRoute } from "../config/kong-config.ts";
import { normalizePath } from "../config/request-path.ts";
import type { MatchRoute } from "../gateway/router.ts";
import type { Header } from "../message/header-list.ts";
import { compileRegex } from "../regex/run-regex.ts";

const USUAL_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const HEADER_REGEX = "~*";

/** The methods, paths and headers with which a request reaches a Route. */
export interface RouteSamples {
  readonly methods: readonly string[];
  readonly paths: readonly string[];
  /** The headers that the Route needs: `Host`, and the headers that the Route's configuration names. */
  readonly headers: readonly Header[];
  /** Whether a request with these headers reaches this Route, and no other Route. */
  isRouted(method: string, path: string): boolean;
}

/**
 * @param host the address of the gateway, for a Route without hosts.
 */
export function sampleRoute(route: KongRoute, match: MatchRoute, host: string): RouteSamples {
  const { methods = [], paths = [], hosts = [], headers = {} } = route;
  const [routeHost] = hosts.map(sampleHost);
  const own = Object.entries(headers).flatMap(([name, values]): Header[] => {
    const value = sampleHeader(values);
    return value === undefined ? [] : [[name.toLowerCase(), value]];
  });
  return {
    methods: methods.length > 0 ? methods : USUAL_METHODS,
    paths: paths.length > 0 ? paths.flatMap((path) => samplePath(path) ?? []) : ["/"],
    headers: [...(routeHost === undefined ? [] : [["host", routeHost] as const]), ...own],
    isRouted: (method, path) => match(method, routeHost ?? host, normalizePath(path), own)?.route === route,
  };
}

/** `*.example.com` accepts `www.example.com`, `example.*` accepts `example.com`. */
function sampleHost(host: string): string {
  return host.startsWith("*") ? `www${host.slice(1)}` : host.replace(/\*$/, "com").replace(/\*(?=:)/, "com");
}

/** A path that fits the Route's path; undefined if the search found none. */
function samplePath(path: string): string | undefined {
  if (!path.startsWith("~")) {
    return path;
  }
  const example = compileRegex(path.slice(1)).example;
  return example === undefined ? undefined : encodeURI(example);
}

function sampleHeader([value = ""]: readonly string[]): string | undefined {
  return value.startsWith(HEADER_REGEX) ? compileRegex(value.slice(HEADER_REGEX.length).toLowerCase()).example : value;
}
