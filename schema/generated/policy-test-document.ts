// Generated from schema/policy-test.schema.json by `npm run generate`; do not edit.

/**
 * Version of the document's format. A document with an unknown version is refused.
 */
export type FormatVersion = 1
/**
 * The policy file, relative to this file. Without this key, the policy is the file in the same directory with the same name, but without `.test`: `payments.test.yaml` tests `payments.yaml`.
 */
export type TestedPolicy = string
/**
 * The path of a declarative Kong configuration, relative to this file. If a request names neither a rule nor a Route, `test` finds the Route of the request in this configuration, as Kong does. The Consumers of this configuration exist in the tests.
 */
export type KongConfiguration = string
/**
 * The time at which all tests run, as RFC 3339 in UTC. The time does not change while tests run.
 */
export type Now = string
/**
 * The Consumer's `username`.
 */
export type Username = string
/**
 * The Consumer's id. Without `id`, the id is a fixed UUID that `test` computes from the username.
 */
export type ConsumerId = string
/**
 * The Consumer's `custom_id`.
 */
export type CustomId = string
/**
 * Consumers that Kong knows, for policies with `identity`.
 * 
 * @maxItems 1000
 */
export type Consumers = KnownConsumer[]
/**
 * A recipe for a token. A rule without requirements accepts the token of the recipe `{}`. These values have defaults: `iss`, `aud` (the issuer's first audience), the tenant claim, `sub` (the recipe's name), `iat` (now), `exp` (in 5 minutes), `typ` and `kid`. Scopes and other claims have no default.
 */
export type Token = ({
extends?: ExtendedToken
issuer?: TokenIssuer
algorithm?: TokenAlgorithm
claims?: Claims
without?: LeftOutClaims
header?: JOSEHeader
tamper?: Tampering
text?: TokenText
} | string | unknown[])
/**
 * The name of another recipe. The recipe inherits the claims and header parameters of the other recipe, and can replace them.
 */
export type ExtendedToken = Name
/**
 * Letters, digits, dot, dash and underscore.
 */
export type Name = string
/**
 * Id of the issuer in the policy. You may leave this key out while the policy has a single issuer.
 */
export type TokenIssuer = string
/**
 * The algorithm of the signature. Without `algorithm`, `test` uses the fastest algorithm that the policy allows. You can also name an algorithm that the policy does not allow. The signature is then correct, but the plugin must refuse the token.
 */
export type TokenAlgorithm = ("RS256" | "PS256" | "ES256" | "EdDSA" | "Ed25519" | "RS384" | "RS512" | "PS384" | "PS512" | "ES384" | "ES512" | "HS256" | "HS384" | "HS512")
/**
 * Claims that the token must not have, although they have a default value or the extended recipe has them.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type LeftOutClaims = [string, ...(string)[]]
/**
 * What is wrong with the token. It is one change, or a list of changes that `test` makes one after the other. docs/guides/testing-policies.md explains each change.
 * 
 * @minItems 1
 * @maxItems 10
 */
export type Tampering = (string | [Tamper]|[Tamper, Tamper]|[Tamper, Tamper, Tamper]|[Tamper, Tamper, Tamper, Tamper]|[Tamper, Tamper, Tamper, Tamper, Tamper]|[Tamper, Tamper, Tamper, Tamper, Tamper, Tamper]|[Tamper, Tamper, Tamper, Tamper, Tamper, Tamper, Tamper]|[Tamper, Tamper, Tamper, Tamper, Tamper, Tamper, Tamper, Tamper]|[Tamper, Tamper, Tamper, Tamper, Tamper, Tamper, Tamper, Tamper, Tamper]|[Tamper, Tamper, Tamper, Tamper, Tamper, Tamper, Tamper, Tamper, Tamper, Tamper])
/**
 * One change to a token.
 */
export type Tamper = ("expired" | "no_expiry" | "not_yet_valid" | "issued_in_future" | "times_in_milliseconds" | "wrong_issuer" | "no_issuer" | "wrong_audience" | "no_audience" | "wrong_tenant" | "wrong_type" | "no_type" | "bound_to_key" | "wrong_key_id" | "no_key_id" | "other_key" | "other_algorithm" | "algorithm_none" | "hmac_with_public_key" | "embedded_key" | "key_url" | "critical_extension" | "payload_changed" | "header_changed" | "signature_changed" | "signature_zero" | "no_signature" | "truncated" | "padded" | "duplicate_claim" | "duplicate_header" | "not_json" | "encrypted" | "too_large")
/**
 * The string that is sent instead of a token. A recipe with this key has no other key.
 */
export type TokenText = string
/**
 * Id of the rule, as if the plugin's `config.rule` named it. You may leave this key out while the policy has a single rule.
 */
export type TestedRule = string
/**
 * Name of the Kong Route. As on a gateway, `test` finds the Route's rule in the policy.
 */
export type KongRoute = string
/**
 * Method of the request. Without this key, the method is GET.
 */
export type Method = string
/**
 * Path of the request, with or without a query. Without this key, the path is `/`. A request to a rule with operations needs this key.
 */
export type RequestPath = string
/**
 * Host of the request, for Routes of kong.yml with `hosts`.
 */
export type Host = string
/**
 * How the request reached Kong: `tls` (over TLS, the default), `loopback` (in clear text from the same machine), or `plain` (in clear text over the network).
 */
export type Transport = ("tls" | "loopback" | "plain")
/**
 * Where the client sends the token. The value is `authorization`, or the name of a header, cookie or query parameter in the policy's `token.sources`. Without this key, the token is in the policy's first source.
 */
export type LocationOfTheToken = string
/**
 * The id of the accepted credential.
 */
export type CredentialId = string
/**
 * Username of one of the Consumers.
 */
export type ConsumerOfTheCredential = string
/**
 * Tests, and groups of tests.
 * 
 * @minItems 1
 */
export type Tests = [Test, ...(Test)[]]
/**
 * What the test shows. Without this key, the name consists of token and request.
 */
export type TestName = string
/**
 * The name of a group of tests.
 */
export type Group = string
/**
 * The tests of the group.
 * 
 * @minItems 1
 */
export type GroupedTests = [Test, ...(Test)[]]
/**
 * Why the test is skipped. The report shows the reason.
 */
export type Skip = string
/**
 * The token: its name, its recipe, or a list of names. Without `token`, or with `none`, the request has no token.
 * 
 * @minItems 1
 * @maxItems 1000
 */
export type SentToken = (Token & (string | [string, ...(string)[]] | {

}))
/**
 * The name of a request, or a list of such names.
 * 
 * @minItems 1
 * @maxItems 1000
 */
export type SentRequest = (string | [string, ...(string)[]])
/**
 * `allow`: the request passes, and not only because of report mode. `deny`: the plugin refuses the request. A reason, such as `scope_insufficient`: the plugin refuses the request for this reason. `answer`: the plugin itself answers with the API's metadata. `not_routed`: kong.yml has no Route for the request. A map describes the expected answer in more detail.
 */
export type Expectation = (string | {
decision?: Decision
reason?: Reason
report?: ReportedReason
status?: Status
challenge?: Challenge
headers?: UpstreamHeaders
cleared?: ClearedHeaders
rule?: ExpectedRule
route?: ExpectedRoute
issuer?: ExpectedIssuer
stage?: Stage
consumer?: ExpectedConsumer
credential?: ExpectedCredential
groups?: ExpectedGroups
})
/**
 * Whether the request passes.
 */
export type Decision = ("allow" | "deny" | "answer" | "not_routed")
/**
 * The reason of a denial: docs/reference/denials.md.
 */
export type Reason = ("no_matching_rule" | "path_ambiguous" | "insecure_transport" | "connection_header_refused" | "too_many_headers" | "other_authentication_missing" | "token_missing" | "authorization_malformed" | "credentials_malformed" | "token_ambiguous" | "origin_not_allowed" | "token_too_large" | "token_malformed" | "token_encrypted" | "critical_header_unsupported" | "issuer_untrusted" | "algorithm_not_allowed" | "key_not_found" | "signature_invalid" | "keys_unavailable" | "overloaded" | "token_type_mismatch" | "audience_mismatch" | "token_not_yet_valid" | "token_expired" | "token_too_old" | "claim_missing" | "claim_invalid" | "token_refused" | "scope_insufficient" | "condition_unmet" | "authentication_insufficient" | "consumer_unknown" | "identity_claim_invalid" | "claim_not_header_safe" | "policy_unavailable" | "deadline_exceeded" | "internal_error")
/**
 * The request passes because of report mode, and this reason is logged.
 */
export type ReportedReason = Reason
/**
 * The status of the answer to a refused request.
 */
export type Status = number
/**
 * A string that the answer's WWW-Authenticate contains, such as `error="insufficient_scope"`. `false`: the answer has no WWW-Authenticate.
 */
export type Challenge = (string | boolean)
/**
 * Header fields that the plugin removes from the request.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type ClearedHeaders = [string, ...(string)[]]
/**
 * The rule that judges the request. Use `rule` only if the request names no rule.
 */
export type ExpectedRule = string
/**
 * The Route of kong.yml that matches the request.
 */
export type ExpectedRoute = string
/**
 * Id of the token's issuer.
 */
export type ExpectedIssuer = string
/**
 * The stage that refuses the request.
 */
export type Stage = ("match" | "extract" | "decode" | "key" | "verify" | "claims" | "authorize" | "propagate" | "any")
/**
 * Username or id of the Consumer that Kong's plugins see. `false`: Kong's plugins see no Consumer.
 */
export type ExpectedConsumer = (string | boolean)
/**
 * The credential that Kong's plugins see. `false`: Kong's plugins see no credential.
 */
export type ExpectedCredential = (string | boolean)
/**
 * The groups that Kong's acl plugin sees.
 * 
 * @maxItems 100
 */
export type ExpectedGroups = string[]

/**
 * Tests of one policy. They have tokens and requests, and for each request the decision that the policy must make. `kong-jwt-policy test` runs these tests offline, through the same code as the gateway.
 */
export interface PolicyTestDocument {
jwt_policy_test: FormatVersion
policy?: TestedPolicy
kong?: KongConfiguration
now: Now
consumers: Consumers
tokens: Tokens
requests: Requests
tests: Tests
}
/**
 * A Consumer that Kong knows.
 */
export interface KnownConsumer {
username?: Username
id?: ConsumerId
custom_id?: CustomId
}
/**
 * Recipes for tokens, by name. Tests refer to recipes by these names. The name `none` means a request without a token, so no recipe can have this name.
 */
export interface Tokens {
[k: string]: Token
}
/**
 * Claims of the token. For `exp`, `iat`, `nbf` and `auth_time`, a string such as `+5m`, `-10s` or `now` is a time relative to the time of the tests. The token gets all other values unchanged.
 */
export interface Claims {
[k: string]: unknown
}
/**
 * Header parameters of the token. `null` leaves a parameter out.
 */
export interface JOSEHeader {
[k: string]: unknown
}
/**
 * Requests, by name. A test refers to the name of a request, or has the keys of a request itself.
 */
export interface Requests {
[k: string]: Request
}
/**
 * A request. A request names a rule, a Kong Route, or only a method and a path. If the request names only a method and a path, `test` finds its Route in kong.yml. Without kong.yml, `test` uses the only rule with an operation that fits.
 */
export interface Request {
rule?: TestedRule
route?: KongRoute
method?: Method
path?: RequestPath
host?: Host
headers?: Headers
transport?: Transport
token_in?: LocationOfTheToken
authenticated_as?: OtherAuthentication
}
/**
 * Header fields of the request. The command adds the token itself.
 */
export interface Headers {
[k: string]: string
}
/**
 * Says that another Kong plugin authenticated the request before jwt-policy ran.
 */
export interface OtherAuthentication {
credential: CredentialId
consumer?: ConsumerOfTheCredential
}
/**
 * One test, a matrix of tests, or a group. A group has `tests`. Its other keys apply to all these tests.
 */
export interface Test {
name?: TestName
group?: Group
tests?: GroupedTests
skip?: Skip
token?: SentToken
request?: SentRequest
rule?: TestedRule
route?: KongRoute
method?: Method
path?: RequestPath
host?: Host
headers?: Headers
transport?: Transport
token_in?: LocationOfTheToken
authenticated_as?: OtherAuthentication
expect?: Expectation
matrix?: Matrix
}
/**
 * Header fields that the upstream gets from the plugin: a string, or a list for several lines.
 */
export interface UpstreamHeaders {
/**
 * @minItems 1
 */
[k: string]: string | [string, ...(string)[]]
}
/**
 * A table of expectations. Each row is a token, and has one expectation for each request.
 */
export interface Matrix {
[k: string]: Row
}
/**
 * Expectations by request.
 */
export interface Row {
[k: string]: Expectation
}
