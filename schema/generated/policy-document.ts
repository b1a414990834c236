// Generated from schema/policy.schema.json by `npm run generate`; do not edit.

/**
 * Version of this format, and the mark by which policy files are recognised. An unknown version is refused.
 */
export type FormatVersion = 1
/**
 * Names the policy in logs and as the realm of challenges (RFC 6750 section 3).
 */
export type Name = Identifier
/**
 * Letters, digits, dot, dash and underscore; it may appear in challenges, logs and metric labels.
 */
export type Identifier = string
/**
 * What the policy is for; not read by the plugin.
 */
export type Description = string
/**
 * A policy file whose keys hold here too, by its path relative to this file. Maps merge by key; texts, numbers and lists replace what stands there. Its name and description stay its own. Policy files only: an inline policy can not name a file.
 */
export type Extends = string
/**
 * The exact `iss` of its tokens (RFC 7519 section 4.1.1), compared byte by byte. Keys come by discovery from here unless `keys` says otherwise. With `tenants`, one path segment is a name in braces and stands for the tenant.
 */
export type IssuerIdentifier = string
/**
 * For issuers with many tenants, such as Microsoft Entra: those whose tokens pass, or `"*"` alone for every tenant that exists. The tenant's segment of `iss` holds letters, digits, `-` and `_` only, and the claim `claims.tenant` must name the same.
 * 
 * @minItems 1
 * @maxItems 1000
 */
export type Tenants = [string, ...(string)[]]
/**
 * `aud` must hold at least one of these (RFC 7519 section 4.1.3). A rule may name others.
 */
export type Audiences = Audiences1
/**
 * `aud` must hold at least one of these.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type Audiences1 = [string, ...(string)[]]
/**
 * Signature algorithms that its tokens may use (RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 9864). HS256, HS384 and HS512 go with `secret_files`.
 * 
 * @minItems 1
 */
export type Algorithms = [("RS256" | "PS256" | "ES256" | "EdDSA" | "Ed25519" | "RS384" | "RS512" | "PS384" | "PS512" | "ES384" | "ES512" | "HS256" | "HS384" | "HS512"), ...(("RS256" | "PS256" | "ES256" | "EdDSA" | "Ed25519" | "RS384" | "RS512" | "PS384" | "PS512" | "ES384" | "ES512" | "HS256" | "HS384" | "HS512"))[]]
/**
 * How far the issuer's clock may be off when `exp` and `nbf` are checked; at most 5m.
 */
export type ClockSkew = Duration
/**
 * A whole number followed by s, m, h or d.
 */
export type Duration = string
/**
 * Required `typ` of the header, compared without case and without `application/`. The default keeps ID tokens from passing as access tokens (RFC 9068 section 4). Issuers that write `JWT` need that here; `any` turns the check off.
 */
export type TokenType = string
/**
 * How long ago a token may have been issued (`iat`), whatever its `exp` says; then `iat` is required (RFC 7519 section 4.1.6).
 */
export type MaximumTokenAge = Duration
/**
 * Longest time from `iat` to `exp`: refuses tokens that their issuer made to last; then `iat` is required.
 */
export type MaximumTokenLifetime = Duration
/**
 * Name of a top-level claim; a text that starts with `/` is a JSON Pointer into the claims (RFC 6901).
 */
export type Claim = string
/**
 * Claims that every token of this issuer must have, besides `iss`, `aud` and `exp`.
 * 
 * @maxItems 30
 */
export type RequiredClaims = Claim[]
/**
 * Claim with the audience, a string or a list of strings: for issuers whose access tokens have no `aud`, such as `client_id` with Amazon Cognito (RFC 7519 section 4.1.3).
 */
export type AudienceClaim = Claim
/**
 * Claim that must name the same tenant as `iss`, where the issuer has `tenants`.
 */
export type TenantClaim = Claim
/**
 * Claim with the scopes: a string with spaces between them (RFC 8693 section 4.2), or a list of strings.
 */
export type ScopesClaim = Claim
/**
 * From the issuer's metadata, whose `issuer` must equal the configured one. `true` or `openid`: at `<issuer>/.well-known/openid-configuration` (OpenID Connect Discovery 1.0 section 4). `oauth`: at `/.well-known/oauth-authorization-server` between the issuer's host and path (RFC 8414 section 3.1). Only the one named is asked.
 */
export type Discovery = (true | "openid" | "oauth")
/**
 * From metadata at an address that does not follow from the issuer: https, or http on loopback. Its `issuer` must equal the configured one.
 */
export type MetadataURI = string
/**
 * A key set at a fixed address (RFC 7517 section 5): https, or http on loopback. Redirects are not followed.
 */
export type JWKSURI = string
/**
 * The keys; parameters that are not used are ignored (RFC 7517 section 4).
 * 
 * @minItems 1
 * @maxItems 50
 */
export type JWKs = [{
kty: KeyType
}, ...({
kty: KeyType
})[]]
/**
 * Family of the key (RFC 7517 section 4.1): RSA, EC or OKP.
 */
export type KeyType = string
/**
 * Key sets in files under the policy root; a changed file is read again.
 * 
 * @minItems 1
 * @maxItems 10
 */
export type JWKSFiles = [(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]
/**
 * A path from the policy root; no link and no `..` leads out of it.
 */
export type FileUnderThePolicyRoot = string
/**
 * Public keys (SPKI) or X.509 certificates in PEM, one in a file, under the policy root; a changed file is read again. Of a certificate only the key counts: neither its dates nor its issuer are checked.
 * 
 * @minItems 1
 * @maxItems 10
 */
export type PEMFiles = [PEMFile]|[PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile, PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile]
/**
 * Its path from the policy root.
 */
export type File = FileUnderThePolicyRoot
/**
 * The `kid` under which tokens name this key (RFC 7515 section 4.1.4). Without it the key serves only while it is the issuer's only one for the algorithm.
 */
export type KeyID = string
/**
 * Secrets that are shared with the issuer, for HS256, HS384 and HS512, in files under the policy root; a changed file is read again. Whoever can check such a token can also make one: prefer public keys.
 * 
 * @minItems 1
 * @maxItems 10
 */
export type SecretFiles = [SecretFile]|[SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile, SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile]
/**
 * Its path from the policy root.
 */
export type File1 = FileUnderThePolicyRoot
/**
 * How the secret is written in the file. `text`: its characters are the secret. Line ends behind it do not count.
 */
export type Encoding = ("text" | "base64url" | "base64" | "hex")
/**
 * The `kid` under which tokens name this key (RFC 7515 section 4.1.4). Without it the key serves only while it is the issuer's only one for the algorithm.
 */
export type KeyID1 = string
/**
 * Of the keys that are fetched only these are used, known by their RFC 7638 thumbprints (SHA-256, base64url): a new key waits for a changed policy.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type Thumbprints = [Thumbprint, ...(Thumbprint)[]]
/**
 * 43 characters of base64url.
 */
export type Thumbprint = string
/**
 * Fetches by plain http from hosts that are not loopback, too: whoever is on the way can then replace the keys. Only for networks that you trust entirely.
 */
export type AllowHttp = boolean
/**
 * Keys are not fetched anew sooner than this after they came, whatever the provider says; at least 10s.
 */
export type LeastTime = Duration
/**
 * Keys are fetched anew after this at the latest, so a key that the provider withdrew serves no longer than this.
 */
export type LongestTime = Duration
/**
 * A token with a kid that is not known causes a fetch at most this often, counted from the last attempt: a new key works at most this long after it was published. At least 5s.
 */
export type Cooldown = Duration
/**
 * How long the last good keys serve while the provider does not answer; then tokens get 503.
 */
export type LongestStale = Duration
/**
 * Ids of the issuers whose tokens pass. May be left out only while the policy has a single issuer.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type AcceptedIssuers = [(Identifier & string & string), ...((Identifier & string & string))[]]
/**
 * One scope (RFC 6749 section 3.3).
 */
export type Scope = string
/**
 * The token must have all of them (RFC 6750 section 3.1: else 403 insufficient_scope).
 * 
 * @maxItems 50
 */
export type RequiredScopes = Scope[]
/**
 * `required`: a valid token or nothing. `optional`: anonymous when the request carries no Authorization header, else the token must be valid. `public`: no token is looked at.
 */
export type Access = ("required" | "optional" | "public")
/**
 * Requirements by method and path, each replacing the rule's own. No two may fit the same request.
 * 
 * @minItems 1
 * @maxItems 250
 */
export type Operations = [Operation, ...(Operation)[]]
/**
 * HTTP methods in upper case; GET covers HEAD (RFC 9110 section 9.3.2).
 * 
 * @minItems 1
 * @maxItems 20
 */
export type Methods = [string]|[string, string]|[string, string, string]|[string, string, string, string]|[string, string, string, string, string]|[string, string, string, string, string, string]|[string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]
/**
 * The path as the client sends it to Kong. `{name}` stands for exactly one segment.
 */
export type PathTemplate = string
/**
 * Longer tokens are refused unread (RFC 8725 section 2.5). On HTTP/1.1 Kong itself answers 400 above about 8,160 bytes.
 */
export type LargestToken = number

/**
 * Which issuers an API trusts, what each of its routes requires of an access token, and which verified claims travel upstream. What no rule names is refused.
 */
export interface PolicyDocument {
jwt_policy: FormatVersion
name: Name
description?: Description
extends?: Extends
issuers: Issuers
defaults?: Defaults
routes: Rules
token: Token
header_mappings: HeaderMappings
}
/**
 * Trusted issuers by an id of your choice, which rules and logs use. A token of any other issuer is refused (RFC 8725 section 3.8).
 */
export interface Issuers {
[k: string]: Issuer
}
/**
 * One trusted issuer: how its tokens look and where its keys come from.
 */
export interface Issuer {
issuer: IssuerIdentifier
tenants?: Tenants
audiences: Audiences
algorithms: Algorithms
clock_skew: ClockSkew
token_type: TokenType
max_token_age?: MaximumTokenAge
max_token_lifetime?: MaximumTokenLifetime
required_claims: RequiredClaims
claims: ClaimNames
keys: Keys
key_refresh: KeyRefresh
}
/**
 * Where this issuer puts what rules ask for.
 */
export interface ClaimNames {
audience: AudienceClaim
tenant: TenantClaim
scopes: ScopesClaim
}
/**
 * Where the issuer's keys come from. Nothing in a token can change it. Several places count together, such as during a migration.
 */
export interface Keys {
discovery?: Discovery
metadata_uri?: MetadataURI
jwks_uri?: JWKSURI
jwks?: JWKSet
jwks_files?: JWKSFiles
pem_files?: PEMFiles
secret_files?: SecretFiles
thumbprints?: Thumbprints
allow_http?: AllowHttp
}
/**
 * Public keys written here (RFC 7517 section 5); they change only with the policy. A private key is refused.
 */
export interface JWKSet {
keys: JWKs
}
/**
 * One public key.
 */
export interface PEMFile {
file: File
kid?: KeyID
}
/**
 * One shared secret, at least as long as the hash (RFC 7518 section 3.2): 32 bytes for HS256, 48 for HS384, 64 for HS512.
 */
export interface SecretFile {
file: File1
encoding: Encoding
kid?: KeyID1
}
/**
 * How long keys that are fetched serve. The provider's Cache-Control or Expires decides within these bounds; without either it is 5m.
 */
export interface KeyRefresh {
min: LeastTime
max: LongestTime
cooldown: Cooldown
max_stale: LongestStale
}
/**
 * What holds for every rule that does not say otherwise. A rule's own value replaces the default as a whole.
 */
export interface Defaults {
accept?: AcceptedIssuers
audiences?: Audiences1
required_scopes?: RequiredScopes
}
/**
 * Rules by id. A request is bound to a rule by the plugin's `config.rule`, else by the name of its Kong Route, else by a Route tag `jwt-policy-rule:<id>`. What is not named here is refused, so a policy without rules refuses everything: it is there for others to extend.
 */
export interface Rules {
[k: string]: Rule
}
/**
 * What requests bound to this rule need; `{}` asks for a valid token and no more. With `operations`, method and path decide further, and what fits none is refused.
 */
export interface Rule {
access?: Access
accept?: AcceptedIssuers
audiences?: Audiences1
required_scopes?: RequiredScopes
operations?: Operations
}
/**
 * Methods and one path template, with what they require.
 */
export interface Operation {
methods: Methods
path: PathTemplate
access?: Access
accept?: AcceptedIssuers
audiences?: Audiences1
required_scopes?: RequiredScopes
}
/**
 * Bounds on the token itself.
 */
export interface Token {
max_bytes: LargestToken
}
/**
 * Request header to claim: what the upstream learns of the verified token. Each of these headers is removed from the client's request first, in every spelling with `-` and `_`, on public and optional rules too.
 */
export interface HeaderMappings {
[k: string]: Claim
}
