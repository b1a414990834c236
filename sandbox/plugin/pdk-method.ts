import type { ExitResponse } from "../message/exit-response.ts";
import type { LogLevel } from "../message/gateway-log.ts";
import type { GatewayRequest } from "../message/gateway-request.ts";

/**
 * The state that calls of a plugin read and change. `request.headers` is always replaced by a new list, and never changed in
 * place.
 */
export interface PdkContext {
  request: GatewayRequest;
  log(level: LogLevel, message: string): void;
}

/** The bytes that the gateway sends back to the plugin. Or the response that ends the request. */
export type PdkResult = { reply: Uint8Array } | { exit: ExitResponse };

export type PdkMethod = (context: PdkContext, args: Uint8Array) => PdkResult;
