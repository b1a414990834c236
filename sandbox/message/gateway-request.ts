import type { Consumer } from "../../plugin/core/model/caller.ts";
import type { KongConsumer, KongRoute } from "../config/kong-config.ts";
import type { HeaderList } from "./header-list.ts";

/** The Consumer and the credential of the authenticated client. */
export interface Authenticated {
  consumer?: Consumer;
  credential?: { id?: string; consumerId?: string };
}

/** A routed request. Strings that come from the client are byte strings: one character per byte (latin1). */
export interface GatewayRequest {
  /** 32 hexadecimal digits: Kong's request id. */
  id: string;
  /** As received: `GET /payments?x=1 HTTP/1.1`. */
  requestLine: string;
  method: string;
  /** Path and query as received. */
  target: string;
  /** The query for the upstream. Undefined until a plugin sets a query. */
  rawQuery?: string;
  /** `1.0` or `1.1`. */
  httpVersion: string;
  /** Plugins read and change these headers. The upstream gets the result. */
  headers: HeaderList;
  remoteAddress: string;
  /** The port on which the gateway received the request. */
  port: number;
  route: KongRoute;
  /** The start of the request's path, as far as a path of the route matches it. Absent if the route has no paths. */
  matchedPath?: string;
  /** The host in lower case, without port. It is `kong` when the client sends no host. */
  host: string;
  /** Variables that the configuration sets, by name. Each value is the text between the quotes of nginx's `set $name "…"`. */
  nginxVariables: Readonly<Record<string, string>>;
  /** All Consumers of the configuration. */
  consumers: readonly KongConsumer[];
  /** The client's identity, as set by the plugin. */
  authenticated: Authenticated;
}
