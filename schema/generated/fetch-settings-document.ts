// Generated from schema/fetch-settings.schema.json by `npm run generate`; do not edit.

/**
 * Version of this format. An unknown version is refused.
 */
export type FormatVersion = 1
/**
 * Certificates in PEM, the only authorities that are trusted then: those that Node brings no longer count, nor does NODE_EXTRA_CA_CERTS. To add to a system's, join the files. Holds for an https proxy, too.
 */
export type CertificateAuthorities = File
/**
 * Absolute, or relative to the settings file. Read anew at each fetch, so that it can be replaced at any time.
 */
export type File = string
/**
 * Scheme, host and port, without user and password.
 */
export type ProxyURL = string
/**
 * Holds the value of the header Proxy-Authorization, such as `Basic dXNlcjpwYXNz`.
 */
export type ProxyAuthorization = File
/**
 * Lower case, without port or brackets.
 */
export type Host = string
/**
 * Hosts that are reached without it: names and addresses, or `.internal` for all names below `internal`.
 * 
 * @maxItems 100
 */
export type NoProxy = Host[]
/**
 * Certificates in PEM, the only authorities that are trusted for this origin.
 */
export type CertificateAuthoritiesOfTheOrigin = File
/**
 * The certificate in PEM, followed by those that lead to its authority.
 */
export type Certificate = File
/**
 * Its private key in PEM, without a passphrase.
 */
export type Key = File
/**
 * Holds the value: one line of visible ASCII.
 */
export type ValueSFile = File

/**
 * How the plugin server gets at the keys of issuers: authorities, proxy, client certificates, headers. The operator's file, which no policy can change; it is read when the plugin server starts.
 */
export interface FetchSettingsDocument {
fetch_settings: FormatVersion
ca_file?: CertificateAuthorities
proxy?: Proxy
origins: Origins
}
/**
 * A proxy that https goes through, by CONNECT (RFC 9110 section 9.3.6). The proxy resolves names itself, so limit there what it may reach. Addresses that are written in URLs are checked here as well. Loopback and plain http never go through it.
 */
export interface Proxy {
url: ProxyURL
authorization_file?: ProxyAuthorization
no_proxy: NoProxy
}
/**
 * Settings for one origin: scheme, host and, if it is not the usual one, port. They are used for no other origin, wherever metadata leads.
 */
export interface Origins {
[k: string]: Origin
}
/**
 * The certificates that are trusted at this origin, and the credentials that it gets.
 */
export interface Origin {
ca_file?: CertificateAuthoritiesOfTheOrigin
client_certificate?: ClientCertificate
headers: Headers
}
/**
 * Shown to the server when it asks for one (mutual TLS).
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
 * A header's value is never written here: it may be a secret.
 */
export interface HeaderValue {
file: ValueSFile
}
