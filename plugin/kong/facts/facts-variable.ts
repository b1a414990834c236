import type { RequestFacts, RequestLine } from "../../core/model/request.ts";
import { type GuardMark, parseGuardMark } from "../contract/guard-mark.ts";

/** The header fields on which every decision or its answer depends. */
export const USUAL_HEADERS = [
  "connection",
  "authorization",
  "x-forwarded-proto",
  "origin",
  "access-control-request-method",
  "accept",
  "content-type",
] as const;

const FORMAT_VERSION = "3";
const VERSION = /^ HTTP\/[0-9.]{1,16} {0,16}$/;
const REQUEST_ID = /^[0-9a-f]{32}$/;

/**
 * An nginx variable that contains all facts of a request, so that one PDK call reads them all. Its first line lists the header
 * fields that it contains. Kong sets the variable because of `KONG_NGINX_PROXY_SET`. No field can contain a line feed, because
 * nginx rejects it in request lines and header values. The request's id comes last, because LuaJIT hashes long strings by a few
 * positions, including the end. Without the id, requests with the same token would collide, and Kong's worker would compare
 * them byte by byte. If the guard is loaded, its mark replaces the id.
 */
export const FACTS_VARIABLE = { name: "jwt_facts", value: renderFacts([]) } as const;

/**
 * Returns the value of the variable with more header fields.
 *
 * @param moreHeaders more lower-case names that policies use.
 */
export function renderFacts(moreHeaders: readonly string[]): string {
  const headers: readonly string[] = [...new Set([...USUAL_HEADERS, ...moreHeaders])];
  const values = headers.map((name) => `$http_${name.replaceAll("-", "_")}`);
  const lines = [
    `${FORMAT_VERSION} ${headers.join(" ")}`,
    "$request",
    "$scheme $realip_remote_addr $remote_addr",
    ...values,
  ];
  return [...lines, "$kong_request_id"].join("\\n");
}

/** The client's side of the connection, as Kong's worker sees it. */
export interface ConnectionFacts {
  readonly scheme: string;
  /** The address at the other end of the connection. */
  readonly peer: string;
  /** The client's address. It differs from `peer` if the peer is in Kong's `trusted_ips` and reports another address. */
  readonly client: string;
}

export interface VariableFacts extends Omit<RequestFacts, "binding" | "transport"> {
  readonly connectionFacts: ConnectionFacts;
  /** Names of all header fields that the variable can carry. */
  readonly carried: readonly string[];
  /** The guard's mark; undefined if no guard checks the verdict. */
  readonly guard: GuardMark | undefined;
}

/** Reads the variable's value. Returns undefined if it does not have the expected form, for example because Kong does not set it. */
export function parseFactsVariable(value: string): VariableFacts | undefined {
  const [head = "", request = "", addresses = "", ...rest] = value.split("\n");
  const [version, ...carried] = head.split(" ");
  const last = rest.pop() ?? "";
  const guard = parseGuardMark(last);
  const requestId = REQUEST_ID.test(last) ? last : guard?.nonce;
  if (version !== FORMAT_VERSION || rest.length !== carried.length || requestId === undefined) {
    return undefined;
  }
  const headers = new Map<string, string>();
  for (const [index, text] of rest.entries()) {
    if (text !== "") {
      headers.set(carried[index] ?? "", text);
    }
  }
  const [scheme = "", peer = "", client = ""] = addresses.split(" ");
  return {
    requestLine: parseRequestLine(request),
    connection: headers.get("connection"),
    authorization: headers.get("authorization"),
    headers,
    requestId,
    connectionFacts: { scheme, peer, client },
    carried,
    guard,
  };
}

/**
 * Reads nginx's `$request`, such as `GET /a?b HTTP/1.1` (RFC 9112 section 3). Returns undefined for other lines that nginx
 * accepts, such as HTTP/0.9, which has no version.
 */
export function parseRequestLine(request: string): RequestLine | undefined {
  const methodEnd = request.indexOf(" ");
  const targetEnd = request.lastIndexOf(" HTTP/");
  const isComplete = methodEnd > 0 && targetEnd > methodEnd + 1 && VERSION.test(request.slice(targetEnd));
  return isComplete && !request.includes("\n")
    ? { method: request.slice(0, methodEnd), target: request.slice(methodEnd + 1, targetEnd) }
    : undefined;
}
