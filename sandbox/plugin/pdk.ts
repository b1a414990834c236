/**
 * Kong's plugin development kit over `ProtoBuf:1`. It contains the methods that our plugin calls, under the names that
 * the protocol uses. Type conversions have the same unexpected results as in Kong's PDK.
 */
import {
  ExitArgsMessage,
  IntMessage,
  ListValueMessage,
  RouteMessage,
  ServiceMessage,
  StringMessage,
  StructMessage,
} from "../../plugin/server/protocol/messages.ts";
import { readExitResponse, readHeaderValues } from "../message/exit-response.ts";
import type { LogLevel } from "../message/gateway-log.ts";
import type { GatewayRequest } from "../message/gateway-request.ts";
import { escapeHeaderName, escapeHeaderValue, setHeader } from "../message/header-list.ts";
import { isKnownVariable, readVariable } from "./nginx-variables.ts";
import { CLIENT_METHODS } from "./pdk-client.ts";
import type { PdkContext, PdkMethod, PdkResult } from "./pdk-method.ts";
import { encodeString, encodeStruct } from "./raw-messages.ts";

const MAX_HEADERS = 1000;
const NOTHING = new Uint8Array(0);

const METHODS: Record<string, PdkMethod> = {
  ...CLIENT_METHODS,
  "kong.nginx.get_var": (context, args) => {
    const name = StringMessage.decode(args).v ?? "";
    if (!isKnownVariable(context.request, name)) {
      context.log("warn", `the sandbox does not know the nginx variable $${name}; Kong may`);
    }
    return { reply: encodeString(readVariable(context.request, name)) };
  },
  "kong.request.get_headers": ({ request }, args) => ({
    reply: encodeStruct(collectHeaders(request, IntMessage.decode(args).v ?? 0)),
  }),
  "kong.request.get_forwarded_scheme": ({ request }) => ({ reply: encodeString(readVariable(request, "scheme")) }),
  "kong.router.get_route": ({ request }) => ({ reply: encodeRoute(request) }),
  "kong.router.get_service": ({ request }) => ({ reply: encodeService(request) }),
  "kong.service.request.set_headers": ({ request }, args) => {
    for (const [name, values] of readHeaderValues(StructMessage.decode(args))) {
      request.headers = setHeader(request.headers, escapeHeaderName(name), values.map(escapeHeaderValue));
    }
    return { reply: NOTHING };
  },
  "kong.service.request.set_raw_query": ({ request }, args) => {
    request.rawQuery = Buffer.from(StringMessage.decode(args).v ?? "").toString("latin1");
    return { reply: NOTHING };
  },
  "kong.response.exit": (_, args) => ({ exit: readExitResponse(ExitArgsMessage.decode(args)) }),
  "kong.log.debug": logMethod("debug"),
  "kong.log.info": logMethod("info"),
  "kong.log.notice": logMethod("notice"),
  "kong.log.warn": logMethod("warn"),
  "kong.log.err": logMethod("err"),
};

/**
 * Calls a method of the PDK.
 *
 * @returns the result of the call; undefined for an unknown method.
 * @throws Error for undecodable or invalid arguments, as Kong's PDK does.
 */
export function callPdk(context: PdkContext, method: string, args: Uint8Array): PdkResult | undefined {
  return Object.hasOwn(METHODS, method) ? METHODS[method]?.(context, args) : undefined;
}

/** Headers beyond `max` are silently left out. Names are in lower case, and repeated headers become a list. */
function collectHeaders(request: GatewayRequest, max: number): Map<string, string | string[]> {
  if (max < 1 || max > MAX_HEADERS) {
    throw new Error(`max_headers must be >= 1 and <= ${MAX_HEADERS}`);
  }
  const collected = new Map<string, string | string[]>();
  for (const [name, value] of request.headers.slice(0, max)) {
    const key = name.toLowerCase();
    const before = collected.get(key);
    collected.set(key, before === undefined ? value : [before, value].flat());
  }
  return collected;
}

function encodeRoute({ route }: GatewayRequest): Uint8Array {
  return RouteMessage.encode({
    id: route.id,
    ...(route.name === undefined ? {} : { name: route.name }),
    protocols: [...route.protocols],
    ...(route.methods === undefined ? {} : { methods: [...route.methods] }),
    ...(route.hosts === undefined ? {} : { hosts: [...route.hosts] }),
    ...(route.paths === undefined ? {} : { paths: [...route.paths] }),
    stripPath: route.stripPath,
    ...(route.tags === undefined ? {} : { tags: [...route.tags] }),
    service: { id: route.service.id },
  });
}

function encodeService({ route }: GatewayRequest): Uint8Array {
  const { id, protocol, host, port, path } = route.service;
  return ServiceMessage.encode({ id, protocol, host, port, ...(path === undefined ? {} : { path }) });
}

function logMethod(level: LogLevel): PdkMethod {
  return (context, args) => {
    const parts = (ListValueMessage.decode(args).values ?? []).map(
      (value) => value.stringValue ?? String(value.numberValue ?? value.boolValue ?? "nil"),
    );
    context.log(level, parts.join(""));
    return { reply: NOTHING };
  };
}
