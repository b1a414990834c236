/** How this process gets at keys: what the operator sets, and no policy can. Paths are absolute; files are read at each fetch. */
export interface FetchSettings {
  /** Certificate authorities in PEM, instead of those that Node brings. */
  readonly caFile: string | undefined;
  readonly proxy: ProxySettings | undefined;
  /** By origin, such as `https://idp.internal:8443`. */
  readonly origins: ReadonlyMap<string, OriginSettings>;
}

export interface ProxySettings {
  /** http or https, without user and password. */
  readonly url: string;
  /** Holds the value of `Proxy-Authorization`. */
  readonly authorizationFile: string | undefined;
  /** Hosts that are reached without it: a name or an address, or `.internal` for all below `internal`. */
  readonly noProxy: readonly string[];
}

export interface OriginSettings {
  /** Certificate authorities in PEM for this origin alone. */
  readonly caFile: string | undefined;
  readonly clientCertificate: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  /** Files with the values of request headers, by name. */
  readonly headerFiles: ReadonlyMap<string, string>;
}

export const NO_FETCH_SETTINGS: FetchSettings = { caFile: undefined, proxy: undefined, origins: new Map() };
