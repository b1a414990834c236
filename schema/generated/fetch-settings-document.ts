// Generated from schema/fetch-settings.schema.json by `npm run generate`; do not edit.

/**
 * Version of the document's format. A document with an unknown version is refused.
 */
export type FormatVersion = 1
/**
 * A file with certificates in PEM. The plugin server then trusts only the authorities in this file. It does not trust Node's own authorities or NODE_EXTRA_CA_CERTS. To trust the system's authorities too, join the files. `ca_file` also applies to an https proxy.
 */
export type CertificateAuthorities = File
/**
 * An absolute path, or a path relative to the settings file. The server reads the file again at each fetch, so you can replace the file at any time.
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
 * Hosts to which the plugin server connects without the proxy: names and addresses, or `.internal` for all names below `internal`.
 * 
 * @maxItems 100
 */
export type NoProxy = Host[]
/**
 * Certificates in PEM. For this origin, the plugin server trusts only the authorities in this file.
 */
export type CertificateAuthoritiesOfTheOrigin = File
/**
 * A file with the certificate in PEM. After the certificate come the intermediate certificates up to its authority.
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
 * Text before the file's content, such as `Bearer ` for a token. The text must end with a space or a punctuation mark. Write the secret into the file with the value, not into the settings.
 */
export type ValueSPrefix = string

/**
 * Settings for fetching the keys of issuers: certificate authorities, proxy, client certificates and headers. The operator owns the settings file, and no policy can change it. The plugin server reads the file when the server starts.
 */
export interface FetchSettingsDocument {
fetch_settings: FormatVersion
ca_file?: CertificateAuthorities
proxy?: Proxy
origins: Origins
}
/**
 * A proxy for https requests, by CONNECT (RFC 9110 section 9.3.6). The proxy resolves host names, so limit the addresses that the proxy may reach. If a URL contains an IP address, the plugin server still checks this address. Requests to loopback and over plain http do not use the proxy.
 */
export interface Proxy {
url: ProxyURL
authorization_file?: ProxyAuthorization
no_proxy: NoProxy
}
/**
 * Settings for single origins. An origin is a scheme and a host. If the port is not the usual one, it is also a part of the origin. The plugin server uses the settings of an origin only for this origin, even if metadata names another origin.
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
 * The client certificate for servers that ask for a client certificate (mutual TLS).
 */
export interface ClientCertificate {
certificate_file: Certificate
key_file: Key
}
/**
 * Headers of each request to this origin, by name.
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
