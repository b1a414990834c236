import type { KongConsumer } from "./kong-consumer.ts";
import type { KongRoute, KongService } from "./pdk.ts";
import type { PdkArguments } from "./pdk-call.ts";

type CallOf<M extends keyof PdkArguments> = (...args: PdkArguments[M]) => Promise<unknown>;

/**
 * The functions of kong-pdk that the plugin calls, under the names that kong-pdk gives them. Each function returns its
 * value as Kong's worker sends it. Absent values are null or undefined, depending on the function.
 */
export interface StockPdk {
  readonly nginx: {
    get_var(name: string): Promise<string | null | undefined>;
    readonly set_ctx: CallOf<"kong.nginx.set_ctx">;
  };
  readonly request: {
    get_forwarded_scheme(): Promise<string | null | undefined>;
    get_headers(maxHeaders: number): Promise<Readonly<Record<string, string | readonly string[]>> | null | undefined>;
  };
  readonly client: {
    load_consumer(idOrUsername: string, byUsername: boolean): Promise<KongConsumer | null | undefined>;
    get_credential(): Promise<{ id?: string } | null | undefined>;
    get_consumer(): Promise<KongConsumer | null | undefined>;
    readonly authenticate: CallOf<"kong.client.authenticate">;
  };
  readonly ctx: { readonly shared: { readonly set: CallOf<"kong.ctx.shared.set"> } };
  readonly router: {
    get_route(): Promise<KongRoute | null | undefined>;
    get_service(): Promise<KongService | null | undefined>;
  };
  readonly log: {
    readonly err: CallOf<"kong.log.err">;
    readonly warn: CallOf<"kong.log.warn">;
    readonly notice: CallOf<"kong.log.notice">;
  };
  readonly service: {
    readonly request: {
      readonly set_headers: CallOf<"kong.service.request.set_headers">;
      readonly set_raw_query: CallOf<"kong.service.request.set_raw_query">;
    };
  };
  readonly response: { readonly exit: CallOf<"kong.response.exit"> };
}
