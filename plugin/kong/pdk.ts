import type { Consumer } from "../core/identity.ts";

/** The functions of Kong's PDK that the plugin calls, under Kong's names. Each call is a round trip to Kong's worker. */
export interface Pdk {
  /** Whether Kong no longer waits for the event: its client is gone. Absent where the protocol does not show it. */
  readonly isAbandoned?: () => boolean;
  readonly nginx: {
    /** The variable's value; empty when it is unset, empty or unknown. */
    getVar(name: string): Promise<string>;
  };
  readonly request: {
    /** Header names in lower case. Kong stops silently at `maxHeaders` names. */
    getHeaders(maxHeaders: number): Promise<ReadonlyMap<string, readonly string[]>>;
    /** `http` or `https`, as a proxy says that Kong trusts, or else as the connection is. */
    getForwardedScheme(): Promise<string>;
  };
  readonly client: {
    /** The Consumer with this id, or else this username where that is asked for; without an id when Kong finds none. */
    loadConsumer(idOrUsername: string, byUsername: boolean): Promise<Consumer>;
    /** What another plugin has authenticated before; without an id when none has. */
    getCredential(): Promise<{ readonly id?: string }>;
    getConsumer(): Promise<Consumer>;
  };
  readonly router: {
    /** The matched Kong Route. What it does not have is absent. */
    getRoute(): Promise<KongRoute>;
    /** The Service of that Route. Fields that it does not have are absent. */
    getService(): Promise<KongService>;
  };
}

/** The part of a Kong Route that the plugin looks at. */
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

/** Where a Kong Service leads. */
export interface KongService {
  readonly id?: string;
  readonly protocol?: string;
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
}

/** Arguments of `kong.response.exit`. */
export interface ExitResponse {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}
