import type { Consumer } from "../../core/model/caller.ts";

/**
 * The functions of Kong's PDK that the plugin calls, under Kong's names. Each call of a PDK function is a round trip to Kong's
 * worker.
 */
export interface Pdk {
  /**
   * Whether the client has disconnected. If so, Kong no longer waits for the event. The method is absent if the
   * plugin's protocol does not report disconnected clients.
   */
  readonly isAbandoned?: (() => boolean) | undefined;
  readonly nginx: {
    /** Returns the variable's value. Returns an empty text if the variable is unset, empty or unknown. */
    getVar(name: string): Promise<string>;
  };
  readonly request: {
    /**
     * Returns the request's headers, with names in lower case. Kong silently omits all headers after the first `maxHeaders`
     * names.
     */
    getHeaders(maxHeaders: number): Promise<ReadonlyMap<string, readonly string[]>>;
    /** Returns `http` or `https`: the scheme that a trusted proxy reports, or else the scheme of the connection. */
    getForwardedScheme(): Promise<string>;
  };
  readonly client: {
    /**
     * Returns the Consumer with this id. If `byUsername` is set and no Consumer has this id, returns the Consumer with
     * this username. The result has no id if Kong finds no Consumer.
     */
    loadConsumer(idOrUsername: string, byUsername: boolean): Promise<Consumer>;
    /**
     * The credential that an earlier plugin has authenticated. The result has no id if no plugin has authenticated the client.
     */
    getCredential(): Promise<{ readonly id?: string }>;
    getConsumer(): Promise<Consumer>;
  };
  readonly router: {
    /** Returns the matched Kong Route, without the fields that have no value. */
    getRoute(): Promise<KongRoute>;
    /** Returns the Service of the matched Route, without the fields that have no value. */
    getService(): Promise<KongService>;
  };
}

/** The part of a Kong Route that the plugin uses. */
export interface KongRoute {
  readonly id?: string;
  readonly name?: string;
  readonly tags?: readonly string[];
  readonly protocols?: readonly string[];
  readonly methods?: readonly string[];
  readonly hosts?: readonly string[];
  readonly paths?: readonly string[];
  readonly service?: { readonly id?: string };
}

/** The upstream of a Kong Service. */
export interface KongService {
  readonly id?: string;
  readonly protocol?: string;
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
}

/** The arguments of `kong.response.exit`. */
export interface ExitResponse {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}
