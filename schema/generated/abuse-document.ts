// Generated from schema/abuse.schema.json by `npm run generate`; do not edit.

/**
 * Version of the document's format. A document with an unknown version is refused.
 */
export type FormatVersion = 1
/**
 * Whether the plugin server looks for shared tokens.
 */
export type Enabled = boolean
/**
 * A token counts as shared if it returns to one network at least this many times within a minute. A token returns in this case: one network uses it, then another network, and then the first network again, within 10 seconds. Several returns within 4 seconds count once.
 */
export type Returns = number
/**
 * A token counts as shared if at least this many networks use it within a minute.
 */
export type Networks = number
/**
 * How many bits of an IPv4 address name its network. Addresses of one network count as one client.
 */
export type IPv4Networks = number
/**
 * How many bits of an IPv6 address name its network.
 */
export type IPv6Networks = number
/**
 * Networks such as 10.0.0.0/8, or single addresses.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type NetworksOfAGroup = [Network, ...(Network)[]]
/**
 * An IP address, or a network in CIDR notation.
 */
export type Network = string
/**
 * `report` only reports a shared token. `refuse_token` also refuses the shared token for a limited time, with the reason `token_refused`. The user can go on with a new token.
 */
export type Action = ("report" | "refuse_token")
/**
 * How long a token is refused, at most one hour.
 */
export type TimeOfRefusal = string
/**
 * Whether the plugin server looks for subjects that are denied again and again.
 */
export type Enabled1 = boolean
/**
 * The server reports a subject if at least this many of its requests are denied within a minute.
 */
export type Denials = number
/**
 * Whether the plugin server looks for a sudden rise in the number of tokens with an unknown key, algorithm or issuer.
 */
export type Enabled2 = boolean
/**
 * If at least this many such tokens come within a minute, there may be an alarm.
 */
export type Tokens = number
/**
 * An alarm also needs this many times the usual number of such tokens.
 */
export type Factor = number
/**
 * Whether the plugin server looks for tokens with a long lifetime.
 */
export type Enabled3 = boolean
/**
 * The server reports a token if its lifetime is longer than this number times the usual lifetime. At least 999 of 1,000 tokens of the issuer live at most as long as the usual lifetime.
 */
export type Factor1 = number
/**
 * The plugin server knows the usual lifetime of an issuer's tokens only after it has seen this many tokens of the issuer. Until then, the server reports no long lifetimes of the issuer's tokens.
 */
export type Learning = number
/**
 * Whether the plugin server looks for sudden changes of denial rates.
 */
export type Enabled4 = boolean
/**
 * The smallest change of the denied part that causes an alarm. For example, a rise from 2 % to 32 % is a change of 0.3.
 */
export type Change = number
/**
 * The smallest number of requests from which the denied part is computed.
 */
export type Requests = number
/**
 * A file with at least 32 bytes, from which the server derives the keys. Anyone who has the secret in this file can compute the pseudonym of a known user. Without the secret, each server makes random keys, and keeps them only in memory. The path is absolute, or relative to the settings file.
 */
export type Secret = string
/**
 * How long one key is used. Pseudonyms of different keys cannot be compared.
 */
export type Rotation = string
/**
 * The largest number of lines about alarms in one minute. Each kind of alarm may use at most half of the lines that are left in the current minute. So a flood of alarms of one kind does not hide the others.
 */
export type Lines = number
/**
 * After this time, the plugin server may report the same token, subject, policy, rule or issuer again.
 */
export type Repetition = string

/**
 * Settings of the watch for replayed and stolen tokens: which signs the plugin server looks for, and what it does if it finds a sign. The operator owns the settings file, and no policy can change it. The plugin server reads the file when the server starts. Without this file, the plugin server watches nothing.
 */
export interface AbuseSettingsDocument {
abuse: FormatVersion
shared_tokens: SharedTokens
failing_subjects: FailingSubjects
unknown_keys: UnknownKeys
long_lifetimes: LongLifetimes
denial_rates: DenialRates
pseudonyms: Pseudonyms
limits: Limits
}
/**
 * Finds one token that clients in different networks use at the same time.
 */
export interface SharedTokens {
enabled: Enabled
returns: Returns
networks: Networks
ipv4_prefix: IPv4Networks
ipv6_prefix: IPv6Networks
shared_networks: SharedNetworks
on_abuse: Action
refuse_for: TimeOfRefusal
}
/**
 * Groups of networks that belong together. All addresses of one group count as one network. Write one group for each cluster, proxy or cloud whose clients share tokens and have several addresses. The groups replace the default.
 */
export interface SharedNetworks {
[k: string]: NetworksOfAGroup
}
/**
 * Finds a subject (`sub`) that is denied again and again, although the subject's tokens have valid signatures.
 */
export interface FailingSubjects {
enabled: Enabled1
per_minute: Denials
}
/**
 * Finds a sudden rise in the number of tokens that have an unknown `kid`, an unexpected algorithm or an untrusted issuer. The plugin server counts these tokens for each policy.
 */
export interface UnknownKeys {
enabled: Enabled2
per_minute: Tokens
factor: Factor
}
/**
 * Finds a token that is valid much longer than the other tokens of its issuer.
 */
export interface LongLifetimes {
enabled: Enabled3
factor: Factor1
after_tokens: Learning
}
/**
 * Finds a rule that suddenly denies a much larger or a much smaller part of its requests. The plugin server first learns the usual part, for at least five minutes.
 */
export interface DenialRates {
enabled: Enabled4
change: Change
requests: Requests
}
/**
 * The keys for the pseudonyms of subjects. Alarms and the decision log have the same pseudonyms if their settings have the same secret and the same rotation.
 */
export interface Pseudonyms {
secret_file?: Secret
rotate: Rotation
}
/**
 * Limits for the log during a flood of alarms. Metrics count each alarm. The next line in the log says how many alarms are not in the log.
 */
export interface Limits {
lines_per_minute: Lines
repeat_after: Repetition
}
