/**
 * The settings for fetching keys in this process. The operator makes these settings; a policy cannot change them. Paths are
 * absolute, and the process reads the files at each fetch.
 */
export interface FetchSettings {
  /**
   * File with certificate authorities in PEM format. These authorities replace Node's own list of certificate
   * authorities.
   */
  readonly caFile: string | undefined;
  readonly proxy: ProxySettings | undefined;
  /** Settings for each origin. An origin is, for example, `https://idp.internal:8443`. */
  readonly origins: ReadonlyMap<string, OriginSettings>;
}

export interface ProxySettings {
  /** http or https, without user and password. */
  readonly url: string;
  /** File that contains the value of `Proxy-Authorization`. */
  readonly authorizationFile: string | undefined;
  /**
   * The plugin connects to these hosts without the proxy. An entry is a name, an address, or `.internal` for all names
   * below `internal`.
   */
  readonly noProxy: readonly string[];
}

export interface OriginSettings {
  /** File with certificate authorities in PEM format, for this origin alone. */
  readonly caFile: string | undefined;
  readonly clientCertificate: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  /** Request headers, by name. */
  readonly headers: ReadonlyMap<string, HeaderSource>;
}

/** A request header whose value is in a file. */
interface HeaderSource {
  /** A text that is not secret, such as `Bearer `. In the request, this text comes before the file's content. */
  readonly prefix: string;
  readonly file: string;
}

export const NO_FETCH_SETTINGS: FetchSettings = { caFile: undefined, proxy: undefined, origins: new Map() };
