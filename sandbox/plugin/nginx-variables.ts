/** The nginx variables that the sandbox's plugins read. */
import type { GatewayRequest } from "../message/gateway-request.ts";
import { headerVariable } from "../message/header-list.ts";

const READERS: Record<string, (request: GatewayRequest) => string> = {
  kong_request_id: (request) => request.id,
  realip_remote_addr: (request) => request.remoteAddress,
  remote_addr: (request) => request.remoteAddress,
  request: (request) => request.requestLine,
  // The variable `$request_id` of nginx differs from Kong's request id.
  request_id: (request) => [...request.id].reverse().join(""),
  request_method: (request) => request.method,
  request_uri: (request) => request.target,
  scheme: () => "http",
  server_port: (request) => String(request.port),
};

/** Whether the sandbox knows the value that this variable has on Kong. */
export function isKnownVariable(request: GatewayRequest, name: string): boolean {
  const key = name.toLowerCase();
  return Object.hasOwn(READERS, key) || key.startsWith("http_") || Object.hasOwn(request.nginxVariables, key);
}

/** @returns the variable's value as a byte string. The result is undefined if the variable has no value in nginx. */
export function readVariable(request: GatewayRequest, name: string): string | undefined {
  const key = name.toLowerCase();
  const value = Object.hasOwn(request.nginxVariables, key) ? request.nginxVariables[key] : undefined;
  if (value !== undefined) {
    return interpolate(request, value);
  }
  if (key.startsWith("http_")) {
    return headerVariable(request.headers, key.slice("http_".length));
  }
  return Object.hasOwn(READERS, key) ? READERS[key]?.(request) : undefined;
}

/** Replaces nginx's `$name` and `${name}` in a quoted string. A variable without a value becomes empty. */
function interpolate(request: GatewayRequest, quoted: string): string {
  return unescapeQuoted(quoted).replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced?: string, plain?: string) => {
    const name = braced ?? plain ?? "";
    return Object.hasOwn(request.nginxVariables, name) ? "" : (readVariable(request, name) ?? "");
  });
}

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t" };

/** Resolves the escapes that nginx supports in quoted strings. All other backslashes stay as they are. */
function unescapeQuoted(quoted: string): string {
  return quoted.replace(/\\(["'\\nrt])/g, (_, char: string) => ESCAPES[char] ?? char);
}
