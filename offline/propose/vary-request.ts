import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import type { OfflineRequest } from "../requests/request.ts";
import { WRONG } from "../tokens/tamper.ts";
import { type Probe, plainRequest } from "./probe.ts";

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

const OTHER_SEGMENT = "something-else";
const NO_ROUTE = "no-such-route";

/** Lists requests that differ in one respect from a request that a rule allows. */
export function varyRequest({ token, request }: Probe, policies: readonly CompiledPolicy[]): readonly Probe[] {
  const change = (changes: Partial<OfflineRequest>): Probe => ({ token, request: { ...request, ...changes } });
  const bare = (changes: Partial<OfflineRequest> = {}): Probe => ({
    token: undefined,
    request: { ...request, ...changes },
  });
  const authenticated = { credential: "session", consumer: undefined };
  const withHeaders = (headers: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
    new Map([...request.headers, ...Object.entries(headers)]);
  const withoutHeaders = [...request.headers.keys()].map((name) => {
    const headers = new Map(request.headers);
    headers.delete(name);
    return headers;
  });
  const sources = policies.flatMap(({ tokenSources }) => tokenSources);
  return [
    bare(),
    change({ transport: "plain" }),
    ...METHODS.filter((method) => method !== request.method).map((method) => change({ method })),
    ...varyPath(request.target).map((target) => change({ target })),
    ...withoutHeaders.map((headers) => change({ headers })),
    ...[...request.headers.keys()].map((name) => change({ headers: withHeaders({ [name]: OTHER_SEGMENT }) })),
    change({ authenticated }),
    ...(request.authenticated ? [change({ authenticated: undefined })] : []),
    bare({ authenticated }),
    ...sources.map((source) => change({ tokenIn: source.from === "authorization" ? source.from : source.name })),
    ...sources.flatMap((source) =>
      source.from === "cookie"
        ? [...[...source.allowedOrigins].slice(0, 1), WRONG.origin, undefined].map((origin) =>
            change({
              method: "POST",
              tokenIn: source.name,
              headers: origin === undefined ? request.headers : withHeaders({ origin }),
            }),
          )
        : [],
    ),
    bare({
      method: "OPTIONS",
      headers: withHeaders({ origin: WRONG.origin, "access-control-request-method": request.method }),
    }),
    ...policies.flatMap(({ protectedResource }) =>
      protectedResource ? [bare({ target: protectedResource.metadataPath })] : [],
    ),
  ];
}

/** Lists changed paths. In each path, one segment is replaced by another text, or one segment is added. */
function varyPath(target: string): readonly string[] {
  const parts = target.split("/");
  return [
    ...parts.flatMap((part, index) => (index === 0 || part === "" ? [] : [parts.with(index, OTHER_SEGMENT).join("/")])),
    `${target === "/" ? "" : target}/${OTHER_SEGMENT}`,
  ];
}

/** A request to a Kong Route for which the policy has no rule. */
export function unmatchedRequest(): Probe {
  const request: OfflineRequest = {
    ...plainRequest(""),
    binding: { by: "route", name: NO_ROUTE, tags: [] },
    route: NO_ROUTE,
  };
  return { token: undefined, request };
}
