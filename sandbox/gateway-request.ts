import type { Consumer } from "../plugin/core/identity.ts";
import type { HeaderList } from "./header-list.ts";
import type { KongConsumer, KongRoute } from "./kong-config.ts";

/** Who Kong takes the client for. */
export interface Authenticated {
  consumer?: Consumer;
  credential?: { id?: string; consumerId?: string };
}

/** A routed request. Strings that come from the client are byte strings: one character per byte (latin1). */
export interface GatewayRequest {
  /** 32 hexadecimal digits: Kong's request id. */
  id: string;
  /** As it came, `GET /payments?x=1 HTTP/1.1`; of HTTP/2 what nginx makes of it, `GET /payments?x=1 HTTP/2.0`. */
  requestLine: string;
  method: string;
  /** Path and query as they came. */
  target: string;
  /** The query for the upstream, once a plugin has set one. */
  rawQuery?: string;
  /** `1.0`, `1.1` or `2.0`. */
  httpVersion: string;
  scheme: "http" | "https";
  /** What plugins see and change; what is left goes upstream. */
  headers: HeaderList;
  remoteAddress: string;
  /** The port of the gateway that the request came to. */
  port: number;
  route: KongRoute;
  /** The route's path that the request's path starts with, if the route names paths. */
  matchedPath?: string;
  /** In lower case, without port: `kong` when the client names none. */
  host: string;
  /** Variables that configuration sets, by name: what stands between the quotes of nginx's `set $name "…"`. */
  nginxVariables: Readonly<Record<string, string>>;
  /** All that Kong has. */
  consumers: readonly KongConsumer[];
  /** Who the plugin said the client is. */
  authenticated: Authenticated;
}
