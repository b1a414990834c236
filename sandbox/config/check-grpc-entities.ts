/** The rules of Kong's schema about Routes and Services for gRPC. */

/** @returns what is wrong with a Route, or undefined. */
export function findRouteProblem(route: {
  protocols?: readonly string[];
  methods?: readonly string[];
  strip_path?: boolean;
}): string | undefined {
  const { protocols = [], methods, strip_path } = route;
  const count = protocols.filter((protocol) => protocol.startsWith("grpc")).length;
  if (count > 0 && count < protocols.length) {
    return "protocols are http and https, or grpc and grpcs, never both";
  }
  return count > 0 && (strip_path === true || methods !== undefined)
    ? "a route with the protocols grpc or grpcs has no methods, and its strip_path cannot be true"
    : undefined;
}

/** @returns what is wrong with a Service, or undefined. */
export function findServiceProblem(service: {
  url?: { protocol: string; path?: string };
  protocol?: string;
  path?: string;
}): string | undefined {
  const { protocol, path } = service.url ?? service;
  return protocol === "grpc" && path !== undefined ? "a service that speaks grpc has no path" : undefined;
}
