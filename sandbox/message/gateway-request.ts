import type { Consumer } from "../../plugin/core/model/caller.ts";
import type { KongConsumer, KongRoute } from "../config/kong-config.ts";
import type { HeaderList } from "./header-list.ts";

/** The Consumer and the credential of the authenticated client. */
export interface Authenticated {
  consumer?: Consumer;
  credential?: { id?: string; consumerId?: string };
}

/**
 * A request for which the gateway has found a Route. Strings from the client are byte strings, with one character per byte
 * (latin1).
 */
export interface GatewayRequest {
  /** Kong's request id, which has 32 hexadecimal digits. */
  id: string;
  /** The request line as received: `GET /payments?x=1 HTTP/1.1`. */
  requestLine: string;
  method: string;
  /** The path and the query as received. */
  target: string;
  /** The query for the upstream. The query is undefined as long as no plugin sets one. */
  rawQuery?: string;
  /** The HTTP version of the request: `1.0` or `1.1`. */
  httpVersion: string;
  /** The headers that plugins read and change. The upstream gets the changed headers. */
  headers: HeaderList;
  remoteAddress: string;
  /** The port on which the gateway received the request. */
  port: number;
  route: KongRoute;
  /** The first part of the request path, which matches a path of the Route; absent if the Route has no paths. */
  matchedPath?: string;
  /** The host in lower case, without port. If the client sends no host, it is `kong`. */
  host: string;
  /**
   * The nginx variables that the configuration sets, by name. Each value is the text between the quotes of nginx's `set
   * $name "…"`.
   */
  nginxVariables: Readonly<Record<string, string>>;
  /** All Consumers in the configuration. */
  consumers: readonly KongConsumer[];
  /** The client's identity, which the plugin has set. */
  authenticated: Authenticated;
}
