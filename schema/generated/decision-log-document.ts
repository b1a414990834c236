// Generated from schema/decision-log.schema.json by `npm run generate`; do not edit.

/**
 * Version of the document's format. A document with an unknown version is refused.
 */
export type FormatVersion = 1
/**
 * An absolute path, or `stdout`. If the file is missing, the server creates it with mode 640. After a rotation, the server opens the file again. The file's directory must exist. `stdout` works only for a plugin server without a launcher, for example in its own container.
 */
export type Place = string
/**
 * Which part of the allowed requests the log contains, from 0 (none) to 1 (all). The log always contains denied requests, and requests that passed only because of report mode.
 */
export type AllowedRequests = number
/**
 * The name of a field.
 */
export type Field = ("request_id" | "trace_id" | "policy" | "policy_file" | "policy_version" | "plugin_id" | "rule" | "route" | "method" | "host" | "path" | "client" | "headers" | "transport" | "mode" | "reason" | "stage" | "status" | "issuer" | "kid" | "token_source" | "reused")
/**
 * The fields that a line may have, besides `event`, `time`, `outcome` and `sampled`. The log has no other fields. `path`, `host` and `client` are personal data, so the log has them only if this list names them. A path never contains the query. `...` replaces path segments that look like random values.
 * 
 * @maxItems 22
 */
export type Fields = Field[]
/**
 * `plain` writes the value. `hmac` writes a pseudonym, with the name of its key.
 */
export type Form = ("plain" | "hmac")
/**
 * A file with at least 32 bytes, from which the server derives the keys. All plugin servers with the same secret write the same pseudonyms. Without the secret, each server makes random keys, and keeps them only in memory. The path is absolute, or relative to the settings file.
 */
export type Secret = string
/**
 * How long one key is used. Pseudonyms of different keys cannot be compared. So a reader of the log can follow a user only for this length of time.
 */
export type Rotation = string
/**
 * The largest number of lines in one second. Lines with the same rule and the same reason get at most half of the lines that are left in the current second. So a flood of alarms of one kind does not hide the others.
 */
export type Lines = number
/**
 * The largest number of bytes of lines that wait to be written.
 */
export type Queue = number

/**
 * Settings of the decision log: where the plugin server writes the log, which requests it logs, and what a line may contain. The operator owns the settings file, and no policy can change it. The plugin server reads the file when the server starts.
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
 * The keys for the pseudonyms of claims with `hmac`.
 */
export interface Pseudonyms {
secret_file?: Secret
rotate: Rotation
}
/**
 * Limits for the log during a flood of requests. The log says how many lines were dropped.
 */
export interface Limits {
lines_per_second: Lines
queue_bytes: Queue
}
