// Generated from schema/decision-log.schema.json by `npm run generate`; do not edit.

/**
 * Version of the document's format. A document with an unknown version is refused.
 */
export type FormatVersion = 1
/**
 * An absolute path, or `stdout`. The file is created if it is missing, with mode 640, and it is opened again after a rotation. The file's directory must exist. `stdout` works only for a plugin server that no launcher started, such as in its own container.
 */
export type Place = string
/**
 * The part of allowed requests that is logged, from 0 (none) to 1 (all). Denied requests, and requests that report mode let pass, are always logged.
 */
export type AllowedRequests = number
/**
 * The name of a field.
 */
export type Field = ("request_id" | "trace_id" | "policy" | "policy_file" | "policy_version" | "plugin_id" | "rule" | "route" | "method" | "host" | "path" | "client" | "headers" | "transport" | "mode" | "reason" | "stage" | "status" | "issuer" | "kid" | "token_source" | "reused")
/**
 * The fields that a line may have, besides `event`, `time`, `outcome` and `sampled`. The log has no other fields. `path`, `host` and `client` are personal data, so they are written only if they are listed here. In a path, segments that look like random values are written as `...`, and the query is never written.
 * 
 * @maxItems 22
 */
export type Fields = Field[]
/**
 * `plain` writes the value. `hmac` writes a pseudonym, with the name of its key.
 */
export type Form = ("plain" | "hmac")
/**
 * A file with at least 32 bytes, from which the keys are derived. All plugin servers with the same secret write the same pseudonyms. Without this file, each server makes random keys, and no one can make its pseudonyms again. An absolute path, or a path relative to the settings file.
 */
export type Secret = string
/**
 * How long one key is used. Pseudonyms of different keys cannot be compared. So a user can be followed through the log only for this time.
 */
export type Rotation = string
/**
 * The largest number of lines in one second. Lines about one rule with the same reason may use at most half of the lines that are left in this second, so that a flood of one kind does not hide the others.
 */
export type Lines = number
/**
 * The largest number of bytes of lines that wait to be written.
 */
export type Queue = number

/**
 * Where the plugin server writes its decision log, which requests it logs, and what a line may say. This file belongs to the operator, and no policy can change it. The plugin server reads the file when the server starts.
 */
export interface DecisionLogSettingsDocument {
decision_log: FormatVersion
to: Place
allows: AllowedRequests
fields: Fields
claims: Claims
pseudonyms: Pseudonyms
limits: Limits
}
/**
 * The claims that a line may have, each as `plain` or `hmac`. A claim is a name, or a JSON Pointer such as /realm_access/roles. Claims are written only if the signature of the token is valid. A value of more than 512 characters is never written as `plain`.
 */
export interface Claims {
[k: string]: Form
}
/**
 * The keys of the claims with `hmac`.
 */
export interface Pseudonyms {
secret_file?: Secret
rotate: Rotation
}
/**
 * Limits for the log during a flood of requests. Each dropped line is counted, and the log says how many lines were dropped.
 */
export interface Limits {
lines_per_second: Lines
queue_bytes: Queue
}
