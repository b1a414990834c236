// Generated from schema/sandbox-kong.schema.json by `npm run generate`; do not edit.

export type DeclarativeFormat = "3.0"
/**
 * Write it in lower case.
 */
export type UUID = (string | null)
export type Text = (string | null)
export type Tags = (Tag[] | null)
/**
 * A tag is a string without comma and slash.
 */
export type Tag = string
/**
 * A name has letters, digits and . - _ ~
 */
export type Name = (string | null)
/**
 * The sandbox proxies to http and https.
 */
export type Address = string
/**
 * One of Kong's protocols. The sandbox proxies to http and https.
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
 * One of Kong's protocols.
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
 * It starts with / (a plain path) or ~/ (a regular expression). A plain path has only characters that RFC 3986 allows, and no empty segment.
 */
export type Path1 = string
/**
 * The sandbox runs only jwt-policy.
 */
export type PluginHere = string
/**
 * A name or id, or a map with one of them.
 */
export type Reference = ((string | null) | {
name?: (string | null)
id?: (string | null)
})
/**
 * Values by the header's name. A single value that starts with ~* is a regular expression.
 */
export type HeadersOfARoute = ({
[k: string]: string[]
} | null)

/**
 * The part of a declarative Kong configuration (kong.yml) that the sandbox uses, with Kong's own limits on each value. As in Kong, an explicit null means that an optional field is absent. sandbox/config/unsupported.ts lists what the sandbox leaves out with a warning.
 */
export interface SandboxKongDocument {
_format_version: DeclarativeFormat
consumers?: (Consumer[] | null)
services?: (Service[] | null)
plugins?: (Plugin[] | null)
routes?: (Route[] | null)
}
export interface Consumer {
id?: UUID
username?: Text
custom_id?: Text
tags?: Tags
/**
 * jwt-policy decides before Kong knows the Consumer. Attach it to a Route, a Service, or globally.
 */
plugins?: null
}
export interface Service {
id?: UUID
name?: Name
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
}
export interface Route {
id?: UUID
name?: Name
protocols: Protocol1[]
methods?: (Method[] | null)
hosts?: (Host1[] | null)
paths?: (Path1[] | null)
strip_path: boolean
preserve_host: boolean
tags?: Tags
plugins?: (Plugin[] | null)
/**
 * Kong's HTTP Routes cannot have this key.
 */
destinations?: null
headers?: HeadersOfARoute
regex_priority?: (number | null)
service?: Reference
/**
 * Kong's HTTP Routes cannot have this key.
 */
sources?: null
https_redirect_status_code?: (426 | 301 | 302 | 307 | 308 | null)
/**
 * The sandbox routes as the router traditional_compatible does, which has no expressions.
 */
expression?: null
/**
 * The sandbox routes as the router traditional_compatible does, which has no expressions.
 */
priority?: null
}
export interface Plugin {
id?: UUID
name: PluginHere
instance_name?: Name
enabled: boolean
tags?: Tags
config?: PluginConfig
/**
 * The plugin decides before Kong knows the Consumer. Kong also refuses this key.
 */
consumer?: null
route?: Reference
service?: Reference
/**
 * The plugin decides before Kong knows the Consumer. Kong also refuses this key.
 */
consumer_group?: null
}
export interface PluginConfig {
policy_file?: (string | null)
policy?: (string | null)
rule?: (string | null)
}
