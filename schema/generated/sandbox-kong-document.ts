// Generated from schema/sandbox-kong.schema.json by `npm run generate`; do not edit.

export type DeclarativeFormat = "3.0"
/**
 * Write it in lower case.
 */
export type UUID = (string | null)
export type Text = (string | null)
export type Tags = (Tag[] | null)
/**
 * A tag is a text without comma and slash.
 */
export type Tag = string
/**
 * A name has letters, digits and . - _ ~
 */
export type Name = string
/**
 * The sandbox proxies only to http.
 */
export type Address = string
/**
 * The sandbox proxies only to http.
 */
export type Protocol = (string | null)
/**
 * A name or an address, without port.
 */
export type Host = (string | null)
/**
 * It starts with / and has no empty segment.
 */
export type Path = (string | null)
export type Timeout = (number | null)
/**
 * A name has letters, digits and . - _ ~
 */
export type Name1 = (string | null)
/**
 * The sandbox knows http and https. gRPC needs a real Kong.
 */
export type Protocol1 = string
/**
 * Write it in capitals.
 */
export type Method = string
/**
 * A host name with at most one *, as its first or last label.
 */
export type Host1 = string
/**
 * It starts with /, has only characters that RFC 3986 allows, and no empty segment. The sandbox does not support regular expressions (~).
 */
export type Path1 = string
/**
 * The sandbox runs only jwt-policy.
 */
export type PluginHere = string

/**
 * The part of a declarative Kong configuration (kong.yml) that the sandbox supports, with Kong's own limits on each value. As in Kong, an explicit null means that an optional field is absent.
 */
export interface SandboxKongDocument {
_format_version: DeclarativeFormat
consumers?: (Consumer[] | null)
services?: (Service[] | null)
plugins?: (Plugin[] | null)
/**
 * Write Routes under their Service.
 */
routes?: null
}
export interface Consumer {
id?: UUID
username?: Text
custom_id?: Text
tags?: Tags
/**
 * The sandbox has no plugin for a Consumer.
 */
plugins?: null
}
export interface Service {
id?: UUID
name: Name
url?: Address
protocol?: Protocol
host?: Host
port?: (number | null)
path?: Path
connect_timeout?: Timeout
write_timeout?: Timeout
read_timeout?: Timeout
tags?: Tags
routes?: (Route[] | null)
plugins?: (Plugin[] | null)
/**
 * The sandbox proxies without TLS.
 */
ca_certificates?: null
/**
 * The sandbox proxies without TLS.
 */
client_certificate?: null
/**
 * The sandbox does not retry.
 */
retries?: null
/**
 * The sandbox proxies without TLS.
 */
tls_verify?: null
/**
 * The sandbox proxies without TLS.
 */
tls_verify_depth?: null
}
export interface Route {
id?: UUID
name?: Name1
protocols: Protocol1[]
methods?: (Method[] | null)
hosts?: (Host1[] | null)
paths?: (Path1[] | null)
strip_path: boolean
preserve_host: boolean
tags?: Tags
plugins?: (Plugin[] | null)
/**
 * The sandbox routes by methods, hosts and paths.
 */
destinations?: null
/**
 * The sandbox routes by methods, hosts and paths.
 */
headers?: null
/**
 * The sandbox joins paths as v0 does, Kong's default.
 */
path_handling?: null
/**
 * The sandbox does not support regular expressions.
 */
regex_priority?: null
/**
 * Write the Route under its Service.
 */
service?: null
/**
 * The sandbox routes by methods, hosts and paths.
 */
snis?: null
/**
 * The sandbox routes by methods, hosts and paths.
 */
sources?: null
}
export interface Plugin {
id?: UUID
name: PluginHere
instance_name?: Name1
enabled: boolean
tags?: Tags
config: PluginConfig
/**
 * The plugin decides before Kong knows the Consumer. Kong also refuses this key.
 */
consumer?: null
/**
 * Write the plugin under its Route.
 */
route?: null
/**
 * Write the plugin under its Service.
 */
service?: null
}
export interface PluginConfig {
policy_file?: (string | null)
policy?: (string | null)
rule?: (string | null)
}
