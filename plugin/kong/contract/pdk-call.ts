import type { HeaderChanges } from "../../core/model/decision.ts";
import type { KongConsumer } from "./kong-consumer.ts";
import type { ExitResponse } from "./pdk.ts";

/** The functions of Kong's PDK that carry out a decision, with the arguments of the Lua functions. */
export interface PdkArguments {
  readonly "kong.log.notice": readonly [line: string];
  readonly "kong.log.warn": readonly [line: string];
  readonly "kong.log.err": readonly [line: string];
  readonly "kong.client.authenticate": readonly [consumer: KongConsumer, credential: KongCredential];
  /** If `value` is undefined, the call sets nil in Lua. */
  readonly "kong.nginx.set_ctx": readonly [name: string, value?: { readonly id: string }];
  /** Without a value, the call sets nil. */
  readonly "kong.ctx.shared.set": readonly [name: string, value?: readonly string[]];
  readonly "kong.service.request.set_raw_query": readonly [query: string];
  readonly "kong.service.request.set_headers": readonly [headers: HeaderChanges];
  /** Ends the event. Kong does not reply to this call. */
  readonly "kong.response.exit": readonly [status: number, body: string, headers: ExitResponse["headers"]];
}

interface KongCredential {
  readonly id: string | undefined;
  readonly consumer_id: string | undefined;
}

export type PdkMethod = keyof PdkArguments;

/** One call of a PDK function. */
export type PdkCall<M extends PdkMethod = PdkMethod> = {
  readonly [N in M]: { readonly method: N; readonly args: PdkArguments[N] };
}[M];
