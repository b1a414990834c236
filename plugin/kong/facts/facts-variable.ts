import type { RequestFacts, RequestLine } from "../../core/model/request.ts";
import { type GuardMark, parseGuardMark } from "../contract/guard-mark.ts";

/** The usual header fields. Each of them influences every decision, or the answer to the client. */
export const USUAL_HEADERS = [
  "connection",
  "authorization",
  "x-forwarded-proto",
  "origin",
  "access-control-request-method",
  "accept",
  "content-type",
] as const;

export const FORMAT_VERSION = "3";
const VERSION = /^ HTTP\/[0-9.]{1,16} {0,16}$/;
const ID_LENGTH = 32;
const REQUEST_ID = /^[0-9a-f]{32}$/;

/** Indexes of the variable's lines. The last line is the request's id, or the guard's mark if the guard is loaded. */
export const FACT_LINES = { head: 0, request: 1, connection: 2, firstHeader: 3 } as const;

/**
 * The nginx variable that contains all facts of a request. With the variable, the plugin needs only one PDK call for
 * all facts. The variable's first line lists the header fields that follow. Kong sets the variable because of
 * `KONG_NGINX_PROXY_SET`. No field can contain a line feed, because nginx rejects line feeds in request lines and
 * header values. The request's id comes last in the variable. LuaJIT hashes long strings by a few positions, including
 * the end. Without the id, the texts of requests with the same token would have the same hash. Kong's worker would then
 * compare the texts byte by byte. If the guard is loaded, the guard replaces the id with its mark.
 */
export const FACTS_VARIABLE = { name: "jwt_facts", value: renderFacts([]) } as const;

/**
 * Returns the value of the facts variable, with the usual header fields, and with the other header fields that policies
 * use.
 *
 * @param moreHeaders lower-case names of the other header fields.
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

/** The addresses and the scheme of the client's connection, as Kong's worker sees them. */
export interface ConnectionFacts {
  readonly scheme: string;
  /** The address of the peer, which may be a proxy. */
  readonly peer: string;
  /**
   * The client's address. The client's address is usually the same as `peer`. The two addresses differ if the peer is
   * in Kong's `trusted_ips` and reports another address for the client.
   */
  readonly client: string;
}

export interface VariableFacts extends Omit<RequestFacts, "binding" | "transport"> {
  readonly connectionFacts: ConnectionFacts;
  /** Names of all header fields that the facts variable contains. */
  readonly carried: readonly string[];
  /** What the guard expects of the verdict; undefined if no guard checks the verdict. */
  readonly guard: GuardMark | undefined;
}

/**
 * Parses the value of the facts variable. Returns undefined if the value does not have the expected format, for example because
 * Kong does not set the variable. The function reads lines by their index, because destructuring would cost more than splitting
 * the text.
 */
export function parseFactsVariable(value: string): VariableFacts | undefined {
  const lines = value.split("\n");
  const carried = readHead(lines[FACT_LINES.head] ?? "");
  const last = lines.at(-1) ?? "";
  const addresses = (lines[FACT_LINES.connection] ?? "").split(" ");
  const isRequestId = REQUEST_ID.test(last);
  const guard = isRequestId ? undefined : parseGuardMark(last, addresses.slice(3));
  const requestId = isRequestId ? last : guard?.nonce;
  if (carried === undefined || lines.length !== countLines(carried) || requestId === undefined) {
    return undefined;
  }
  const headers = new Map<string, string>();
  for (const [index, name] of carried.entries()) {
    const text = lines[FACT_LINES.firstHeader + index] ?? "";
    if (text !== "") {
      headers.set(name, text);
    }
  }
  return {
    requestLine: parseRequestLine(lines[FACT_LINES.request] ?? ""),
    connection: headers.get("connection"),
    authorization: headers.get("authorization"),
    headers,
    requestId,
    connectionFacts: { scheme: addresses[0] ?? "", peer: addresses[1] ?? "", client: addresses[2] ?? "" },
    carried,
    guard,
  };
}

/**
 * Caches the first line of the facts variable, and the header names in the first line. The names can be cached, because
 * the first line comes from Kong's configuration and is the same for all requests.
 */
let lastHead = { line: "", carried: undefined as readonly string[] | undefined };

/** Reads the names of the header fields from the first line. Returns undefined if the variable has another format version. */
export function readHead(line: string): readonly string[] | undefined {
  if (line !== lastHead.line) {
    const [version, ...carried] = line.split(" ");
    lastHead = { line, carried: version === FORMAT_VERSION ? carried : undefined };
  }
  return lastHead.carried;
}

/** Returns how many lines a facts variable with these header fields has. */
export function countLines(carried: readonly string[]): number {
  return FACT_LINES.firstHeader + carried.length + 1;
}

/**
 * Reads only the id at the end of the facts variable. The id is the request's id, or the guard's nonce if the guard has
 * put its mark at the end.
 */
export function readRequestId(value: string): string | undefined {
  const last = value.slice(-ID_LENGTH);
  return REQUEST_ID.test(last) ? last : undefined;
}

/** Reads only the client's address; undefined if the facts variable does not have the expected format. */
export function readClient(value: string): string | undefined {
  const [, , client] = (value.split("\n", 3)[FACT_LINES.connection] ?? "").split(" ", 3);
  return client === "" ? undefined : client;
}

/** Reads only the guard's mark; undefined if the facts variable contains none. */
export function parseGuard(value: string): GuardMark | undefined {
  const lastStart = value.lastIndexOf("\n") + 1;
  if (value.length - lastStart === ID_LENGTH) {
    return undefined; // The last line is the request's id, which is shorter than a guard's mark.
  }
  const [, , , ...offer] = (value.split("\n", 3)[FACT_LINES.connection] ?? "").split(" ");
  return parseGuardMark(value.slice(lastStart), offer);
}

/**
 * Parses nginx's `$request`, such as `GET /a?b HTTP/1.1` (RFC 9112 section 3). Returns undefined for other request lines that
 * nginx accepts, such as HTTP/0.9, which has no version.
 */
export function parseRequestLine(request: string): RequestLine | undefined {
  const methodEnd = request.indexOf(" ");
  const targetEnd = request.lastIndexOf(" HTTP/");
  const isComplete = methodEnd > 0 && targetEnd > methodEnd + 1 && VERSION.test(request.slice(targetEnd));
  return isComplete && !request.includes("\n")
    ? { method: request.slice(0, methodEnd), target: request.slice(methodEnd + 1, targetEnd) }
    : undefined;
}
