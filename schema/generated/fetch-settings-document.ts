// Generated from schema/fetch-settings.schema.json by `npm run generate`; do not edit.

/**
 * Version of the document's format. A document with an unknown version is refused.
 */
export type FormatVersion = 1
/**
 * Certificates in PEM. With `ca_file`, the plugin server trusts only the authorities in that file. The server ignores Node's own authorities and NODE_EXTRA_CA_CERTS. To trust the system's authorities as well, join the files. This key also applies to an https proxy.
 */
export type CertificateAuthorities = File
/**
 * An absolute path, or a path relative to the settings file. The file is read again at each fetch, so it can be replaced at any time.
 */
export type File = string
/**
 * Scheme, host and port, without user and password.
 */
export type ProxyURL = string
/**
 * File with the value of the header Proxy-Authorization, such as `Basic dXNlcjpwYXNz`.
 */
export type ProxyAuthorization = File
/**
 * Lower case, without port or brackets.
 */
export type Host = string
/**
 * Hosts that are reached without the proxy: names and addresses, or `.internal` for all names below `internal`.
 * 
 * @maxItems 100
 */
export type NoProxy = Host[]
/**
 * Certificates in PEM. For this origin, the plugin server trusts only the authorities in this file.
 */
export type CertificateAuthoritiesOfTheOrigin = File
/**
 * The certificate in PEM, followed by the certificates that lead to its authority.
 */
export type Certificate = File
/**
 * The private key of the certificate in PEM, without a passphrase.
 */
export type Key = File
/**
 * File with the value: one line of visible ASCII.
 */
export type ValueSFile = File
/**
 * Text before the file's content, such as `Bearer ` for a token. It ends with a space or a punctuation mark. The secret belongs in the file with the value, not in the settings.
 */
export type ValueSPrefix = string

/**
 * How the plugin server fetches the keys of issuers: with which certificate authorities, proxy, client certificates and headers. This file belongs to the operator, and no policy can change it. The plugin server reads the file when the server starts.
 */
export interface FetchSettingsDocument {
fetch_settings: FormatVersion
ca_file?: CertificateAuthorities
proxy?: Proxy
origins: Origins
}
/**
 * A proxy for https requests, by CONNECT (RFC 9110 section 9.3.6). The proxy itself resolves host names. So configure the proxy to limit which addresses it may reach. If a URL contains an IP address, the plugin server still checks this address. Requests to loopback and by plain http never use the proxy.
 */
export interface Proxy {
url: ProxyURL
authorization_file?: ProxyAuthorization
no_proxy: NoProxy
}
/**
 * Settings by origin. An origin is a scheme, a host and, if it is not the usual one, a port. The settings of an origin are used only for this origin, even if metadata names another origin.
 */
export interface Origins {
[k: string]: Origin
}
/**
 * The certificates that are trusted at this origin, and the credentials that the plugin server sends to it.
 */
export interface Origin {
ca_file?: CertificateAuthoritiesOfTheOrigin
client_certificate?: ClientCertificate
headers: Headers
}
/**
 * The certificate that the server gets if it asks for a client certificate (mutual TLS).
 */
export interface ClientCertificate {
certificate_file: Certificate
key_file: Key
}
/**
 * Headers that each request to this origin carries, by name.
 */
export interface Headers {
[k: string]: HeaderValue
}
/**
 * A header's value is never written into the settings, because it may be a secret.
 */
export interface HeaderValue {
file: ValueSFile
prefix: ValueSPrefix
}
