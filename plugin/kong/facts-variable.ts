import type { RequestFacts, RequestLine } from "../core/request.ts";
import { type GuardMark, parseGuardMark } from "./verdict.ts";

/**
 * An nginx variable that carries every fact of a request, so that one PDK call reads them all. Kong sets it through
 * `KONG_NGINX_PROXY_SET`. No field can hold a line feed: nginx refuses it in request lines and header values. The request's id
 * stands last because LuaJIT hashes long strings by a few places, the end among them: without it, requests with one token
 * would collide, and Kong's worker would compare them byte by byte. The guard's mark stands in its place where it is loaded.
 */
export const FACTS_VARIABLE = {
  name: "jwt_facts",
  value: "2\\n$request\\n$http_connection\\n$http_authorization\\n$request_id",
} as const;

const FORMAT_VERSION = "2";
const FIELDS = 5;
const REQUEST_ID = /^[0-9a-f]{32}$/;

export interface VariableFacts extends Omit<RequestFacts, "binding"> {
  /** Undefined when no guard is there to check the verdict. */
  readonly guard: GuardMark | undefined;
}

/** Reads the variable's value. Returns undefined when it is not in the expected form, as when Kong does not set it. */
export function parseFactsVariable(value: string): VariableFacts | undefined {
  const fields = value.split("\n");
  const [version, request = "", connection, authorization, last = ""] = fields;
  const guard = parseGuardMark(last);
  if (fields.length !== FIELDS || version !== FORMAT_VERSION || !(guard || REQUEST_ID.test(last))) {
    return undefined;
  }
  return {
    requestLine: parseRequestLine(request),
    connection: connection || undefined,
    authorization: authorization || undefined,
    guard,
  };
}

/**
 * Reads nginx's `$request`, such as `GET /a?b HTTP/1.1` (RFC 9112 section 3). Returns undefined for what nginx lets pass
 * besides, such as HTTP/0.9, which has no version.
 */
export function parseRequestLine(request: string): RequestLine | undefined {
  const [, method, target] = /^([^ \n]+) ([^\n]+) HTTP\/[0-9.]+ *$/.exec(request) ?? [];
  return method === undefined || target === undefined ? undefined : { method, target };
}
