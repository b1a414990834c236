import type { ExitResponse } from "../message/exit-response.ts";
import type { LogLevel } from "../message/gateway-log.ts";
import type { GatewayRequest } from "../message/gateway-request.ts";

/**
 * The state that a plugin reads and changes by its calls. A call never changes the list `request.headers` in place, but
 * replaces it by a new list.
 */
export interface PdkContext {
  request: GatewayRequest;
  log(level: LogLevel, message: string): void;
}

/** The bytes that the gateway sends back to the plugin, or the response that ends the request. */
export type PdkResult = { reply: Uint8Array } | { exit: ExitResponse };

export type PdkMethod = (context: PdkContext, args: Uint8Array) => PdkResult;
