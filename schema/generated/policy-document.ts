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
 * Says what the policy is for. The plugin does not read it.
 */
export type Description = string
/**
 * A policy file whose keys hold here too, by its path relative to this file. Maps merge by key; texts, numbers and lists replace the parent's value. A list of an issuer's `required_claims` joins a map of them. Its name and description stay its own. Policy files only: an inline policy cannot name a file.
 */
export type Extends = string
/**
 * The exact `iss` of its tokens (RFC 7519 section 4.1.1), compared byte by byte. Keys come by discovery from here unless `keys` says otherwise. With `tenants`, one path segment is a name in braces. It is the tenant's place.
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
export type IssuerAudiences = Audiences
/**
 * `aud` must hold at least one of these.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type Audiences = [string, ...(string)[]]
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
 * Says whether tokens that are bound to a key by `cnf` (RFC 7800), as with DPoP or mTLS, are accepted. The plugin does not check that the sender has the key (RFC 9449 section 7.2). Use `accept` only behind a component that does.
 */
export type BoundTokens = ("refuse" | "accept")
/**
 * Conditions on every token of this issuer, which no rule can replace: a list of claims that must have a value, or a map of conditions. A token that does not meet them is refused with 401. Conditions that compare with the path or a header belong to rules. docs/guides/conditions.md says what a value is.
 * 
 * @maxItems 30
 */
export type ClaimsOfEveryToken = (Claim[] | {
[k: string]: Condition
})
/**
 * Name of a top-level claim; a text that starts with `/` is a JSON Pointer into the claims (RFC 6901).
 */
export type Claim = string
/**
 * The claim is exactly this text, number, true or false.
 */
export type Equals = (string | number | boolean)
/**
 * The claim is one of these.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type OneOf = [(string | number | boolean), ...((string | number | boolean))[]]
/**
 * The claim is a list that holds at least one of these.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type ContainsAny = [(string | number | boolean), ...((string | number | boolean))[]]
/**
 * The claim is a list that holds each of these.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type ContainsAll = [(string | number | boolean), ...((string | number | boolean))[]]
/**
 * The claim is a text of at most 256 characters, and the whole of it matches this pattern. A pattern has characters, classes such as `[a-z0-9]`, `.`, `\d` and `\w`. Each can be followed by `?`, `*`, `+` or `{2,5}`. It has no groups and no alternatives: use `one_of`.
 */
export type Matches = string
/**
 * The claim is a number, this or more.
 */
export type Least = number
/**
 * The claim is a number, this or less.
 */
export type Most = number
/**
 * The claim is the text that the path has for this name of the operation's template.
 */
export type EqualsPathSegment = string
/**
 * The claim equals the value of this request header. Write the header's name in lower case. The request must have it exactly once. The upstream gets the value that was compared, under this spelling only.
 */
export type ComparedHeader = RequestHeader
/**
 * The name of a request header in lower case, at most five words with dashes between. It cannot be a header that steers the connection, routing or authentication, such as `host`, `cookie` and `authorization`. It cannot be a header that the guard or Kong itself writes, such as `x-forwarded-for`, `-host`, `-path`, `-port`, `-prefix`, `-proto` and `x-real-ip`. Other names such as `x-forwarded-user` are fine.
 */
export type RequestHeader = string
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
 * Claim with the roles: a list of strings, or one string that is one role. `/realm_access/roles` with Keycloak, `roles` with Microsoft Entra.
 */
export type RolesClaim = Claim
/**
 * Claim with the groups: a list of strings, or one string that is one group.
 */
export type GroupsClaim = Claim
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
 * A path from the policy root; no link and no `..` leads out of it. Its name does not end with .yaml, .yml or .json: these are policies.
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
export type PEMPath = FileUnderThePolicyRoot
/**
 * The one algorithm that the key serves; `algorithms` must name it too. Without it an RSA key serves the first RS algorithm there, or else the first PS algorithm.
 */
export type PEMAlgorithm = ("RS256" | "PS256" | "ES256" | "EdDSA" | "Ed25519" | "RS384" | "RS512" | "PS384" | "PS512" | "ES384" | "ES512")
/**
 * The `kid` under which tokens name this key (RFC 7515 section 4.1.4). Without it the key serves only while it is the issuer's only one for the algorithm.
 */
export type PEMKeyID = string
/**
 * Secrets that are shared with the issuer, for HS256, HS384 and HS512, in files under the policy root; a changed file is read again. Every party that can check such a token can also make one, so prefer public keys.
 * 
 * @minItems 1
 * @maxItems 10
 */
export type SecretFiles = [SecretFile]|[SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile, SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile]|[SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile, SecretFile]
/**
 * Its path from the policy root.
 */
export type SecretPath = FileUnderThePolicyRoot
/**
 * How the secret is written in the file. `text`: its characters are the secret. Line ends behind it do not count.
 */
export type SecretEncoding = ("text" | "base64url" | "base64" | "hex")
/**
 * The one algorithm that the secret serves; `algorithms` must name it too. Without it the secret serves the first HS algorithm there that it is long enough for.
 */
export type SecretAlgorithm = ("HS256" | "HS384" | "HS512")
/**
 * The `kid` under which tokens name this key (RFC 7515 section 4.1.4). Without it the key serves only while it is the issuer's only one for the algorithm.
 */
export type SecretKeyID = string
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
export type KeysOverHTTP = boolean
/**
 * Keys are not fetched anew sooner than this after they came, whatever the provider says; at least 10s.
 */
export type LeastTime = Duration
/**
 * Keys are fetched anew after this at the latest, so a key that the provider withdrew serves no longer than this.
 */
export type LongestTime = Duration
/**
 * Tokens with an unknown kid cause at most one fetch in this time, counted from the last attempt. So a new key works at most this long after it was published. At least 5s.
 */
export type Cooldown = Duration
/**
 * How long the last good keys serve while the provider does not answer; then tokens get 503.
 */
export type LongestStale = Duration
/**
 * `enforce`: requests that the policy does not allow are refused. `report`: they are logged and pass. Identity headers are still removed, and set only from a verified token. Under `defaults` it also applies to requests that no rule fits.
 */
export type Mode = ("enforce" | "report")
/**
 * Tokens may come over the network without TLS. Otherwise such requests are refused, unless they come from this machine or a proxy in Kong's `trusted_ips` says `X-Forwarded-Proto: https` (RFC 6750 section 5.3).
 */
export type AllowHTTP = boolean
/**
 * `pass`: a preflight (OPTIONS with `Origin` and `Access-Control-Request-Method`, without credentials) goes to the upstream without a token; with operations, when one fits the method that it asks for. `judge`: it needs a token like any other request. Kong's `cors` plugin answers preflights before this plugin runs.
 */
export type CORSPreflight = ("judge" | "pass")
/**
 * Says what counts if a Kong plugin that runs before this one, such as session, has authenticated the request. `ignore`: only the token counts. `skip`: that authentication is enough. The plugin looks at no token, and the upstream gets no Authorization header. `require`: both are needed. Plugins that run after this one, such as key-auth, have their own settings for this.
 */
export type OtherAuthentication = ("ignore" | "skip" | "require")
/**
 * Ids of the issuers whose tokens pass. May be left out only while the policy has a single issuer.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type AcceptedIssuers = [(Identifier & string & string), ...((Identifier & string & string))[]]
/**
 * A list: the token must have all of them. A map says more: `all_of`, `any_of`, `none_of` (RFC 6750 section 3.1: else 403 insufficient_scope).
 * 
 * @maxItems 50
 */
export type RequiredScopes = (Scope[] | {
all_of?: AllScopes
any_of?: AnyScope
none_of?: NoScope
})
/**
 * One scope (RFC 6749 section 3.3).
 */
export type Scope = string
/**
 * Each of these.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type AllScopes = [(Scope & string & string), ...((Scope & string & string))[]]
/**
 * At least one of these.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type AnyScope = [(Scope & string & string), ...((Scope & string & string))[]]
/**
 * Not one of these.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type NoScope = [(Scope & string & string), ...((Scope & string & string))[]]
/**
 * Roles that the token must have, from the claim that the issuer's `claims.roles` names. A list means all of them.
 * 
 * @maxItems 50
 */
export type RequiredRoles = (string[] | {
all_of?: AllRoles
any_of?: AnyRole
none_of?: NoRole
})
/**
 * Each of these.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type AllRoles = [string, ...(string)[]]
/**
 * At least one of these.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type AnyRole = [string, ...(string)[]]
/**
 * Not one of these.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type NoRole = [string, ...(string)[]]
/**
 * Groups that the token must have, from the claim that the issuer's `claims.groups` names. A list means all of them.
 * 
 * @maxItems 50
 */
export type RequiredGroups = (string[] | {
all_of?: AllGroups
any_of?: AnyGroup
none_of?: NoGroup
})
/**
 * Each of these.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type AllGroups = [string, ...(string)[]]
/**
 * At least one of these.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type AnyGroup = [string, ...(string)[]]
/**
 * Not one of these.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type NoGroup = [string, ...(string)[]]
/**
 * `acr` is one of these (OpenID Connect Core section 2).
 * 
 * @minItems 1
 * @maxItems 20
 */
export type ACRValues = [string]|[string, string]|[string, string, string]|[string, string, string, string]|[string, string, string, string, string]|[string, string, string, string, string, string]|[string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]
/**
 * `amr` holds each of these (RFC 8176).
 * 
 * @minItems 1
 * @maxItems 20
 */
export type AMR = [string]|[string, string]|[string, string, string]|[string, string, string, string]|[string, string, string, string, string]|[string, string, string, string, string, string]|[string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]
/**
 * The user was authenticated (`auth_time`) this long ago at most.
 */
export type LongestTimeSince = Duration
/**
 * `required`: a valid token or nothing. `optional`: anonymous when no source of `token.sources` carries anything, else the token must be valid. `public`: no token is looked at.
 */
export type Access = ("required" | "optional" | "public")
/**
 * Alternatives: the request passes when one of them holds. They replace the other requirements.
 * 
 * @minItems 2
 * @maxItems 20
 */
export type Alternatives = [Alternative, Alternative]|[Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]
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
 * The path as the client sends it to Kong. `{name}` matches exactly one segment.
 */
export type PathTemplate = string
/**
 * Longer tokens are refused unread (RFC 9110 section 5.4). On HTTP/1.1 Kong itself answers 400 above about 8,160 bytes.
 */
export type LargestToken = number
/**
 * Where clients may put the token. The plugin looks at all of them, and exactly one token must be there. If all are empty, the request has no token. The upstream gets none of what they carry. docs/guides/token-sources.md says what each place costs.
 * 
 * @minItems 1
 */
export type Sources = [TokenSource, ...(TokenSource)[]]
/**
 * `authorization`: the Authorization header with the scheme Bearer (RFC 6750 section 2.1). Or a map with one of `header`, `cookie` and `query`.
 */
export type TokenSource = (string | {
header?: TokenHeader
prefix?: Prefix
cookie?: Cookie
allowed_origins?: AllowedOrigins
allow_unprefixed?: AllowAnUnprefixedName
query?: Query
})
/**
 * A request header whose value is the token. For Authorization write `authorization` in place of the map.
 */
export type TokenHeader = RequestHeader
/**
 * The word before the token, in upper or lower case and followed by spaces, like `Bearer` in Authorization. Goes with `header`.
 */
export type Prefix = string
/**
 * A cookie whose value is the token. Its name begins with `__Host-`: then only this very host can have set it, and over https (RFC 6265bis section 4.1.3.2).
 */
export type Cookie = string
/**
 * Browsers send cookies along with requests that other sites make. So `Origin` must be one of these, byte for byte, or the answer is 403 origin_not_allowed. This applies to every method but GET, HEAD, OPTIONS and TRACE, and to upgrades of the connection, such as to WebSocket. Without this key only those four methods pass with a cookie. Goes with `cookie`.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type AllowedOrigins = [Origin, ...(Origin)[]]
/**
 * `https://host` with the port where it is another than 443; http is for localhost only.
 */
export type Origin = string
/**
 * Takes a cookie whose name does not begin with `__Host-`, although any other host of the domain can have planted it. Goes with `cookie`.
 */
export type AllowAnUnprefixedName = true
/**
 * A query parameter whose value is the token. Addresses get into logs, histories and Referer headers, and so does the token in them (RFC 6750 section 2.3, RFC 9700 section 4.3.2): for clients that can do no other.
 */
export type Query = string
/**
 * Says whether and where the upstream gets the token that was judged. `true`: `Authorization: Bearer <token>`, wherever the client put it. `false`: nothing, for an upstream that trusts the mapped headers. A map: the token in another header. The client's own Authorization never gets there beside it.
 */
export type Forwarding = (Forward & (boolean | {

}))
/**
 * Where the upstream gets the token that was judged.
 */
export type Forward = (boolean | {
header: ForwardHeader
})
/**
 * The header that has the token, and nothing else, as its value. Authorization is removed.
 */
export type ForwardHeader = RequestHeader
/**
 * Ids of the issuers whose tokens say who the caller is to Kong. A policy with several issuers must have this key: each issuer could name the others' Consumers, and users of two issuers may have the same `sub`.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type IdentifyingIssuers = [Identifier, ...(Identifier)[]]
/**
 * Claim with the Consumer's name: a text of 1 to 256 visible ASCII characters.
 */
export type ConsumerClaim = Claim
/**
 * What the claim holds: the Consumer's `username`, or its `id`.
 */
export type By = ("username" | "id")
/**
 * What becomes of a token that names no Consumer, or one that Kong does not have or cannot read from its database. `refuse`: 403. `ignore`: the request goes on without a Consumer; plugins that deny by Consumer let it pass then.
 */
export type Unknown = ("refuse" | "ignore")
/**
 * How long a Consumer that was found is remembered, at most 1h: so long a change in Kong takes to be seen. One that was not found is looked for again after 10s at most.
 */
export type Cache = Duration
/**
 * Claim that names the credential: what rate-limiting counts by and logs show, with or without a Consumer. A text of 1 to 256 visible ASCII characters; a token without it is refused. Without this key, Kong uses the Consumer's id.
 */
export type Credential = Claim
/**
 * Claim with groups that Kong's acl plugin allows or denies: a list of texts, or one text. Without the claim there are no groups. For a request that has a Consumer, acl looks at the Consumer's own groups unless its `always_use_authenticated_groups` is on.
 */
export type Groups = Claim
/**
 * A claim, or a map that says more: one of `from`, `constant` and `payload`, and how it is written.
 */
export type HeaderMapping = (string | {
from?: From
constant?: Constant
payload?: Payload
list: List
separator: Separator
encoding: ValueEncoding
fallback?: Fallback
max_bytes: LongestValue
})
/**
 * The claim.
 */
export type From = Claim
/**
 * Always this text, for a verified token.
 */
export type Constant = string
/**
 * The whole payload of the token, base64url as in the token (RFC 7519 section 3).
 */
export type Payload = true
/**
 * How a list is written: joined in one header, or one header line for each element (RFC 9110 section 5.3).
 */
export type List = ("join" | "repeat")
/**
 * Stands between joined elements; none of them may hold it.
 */
export type Separator = string
/**
 * `text`: visible ASCII, else the request is refused. `percent`: UTF-8, all but letters, digits and `-_.!~*'()` as `%XX` (RFC 3986 section 2.1). `base64url`: of the text's UTF-8. `json`: base64url of the JSON text of any value, maps too.
 */
export type ValueEncoding = ("text" | "percent" | "base64url" | "json")
/**
 * The header's value when the token does not have the claim.
 */
export type Fallback = string
/**
 * A longer one refuses the request.
 */
export type LongestValue = number
/**
 * `negotiate`: problem details (RFC 9457) where `Accept` prefers `application/problem+json` to `application/json`, else Kong's own form. `problem`, `kong`: always that one. gRPC clients get `grpc-status` and `grpc-message` in any case.
 */
export type Format = ("negotiate" | "problem" | "kong")
/**
 * Beginning of the `type` of problem details (RFC 9457 section 3.1.1), which the reason's name completes; it ends with `/`, `#`, `:` or `=`. Without it the type is `about:blank`.
 */
export type BeginningOfProblemTypes = string
/**
 * Another status of the same class: 4xx stays 4xx and 5xx stays 5xx, for clients and proxies try again by it. A challenge goes with 401 and with the usual status.
 */
export type Status = number
/**
 * The words for the client. In a challenge they are left out where they are more than plain ASCII (RFC 6750 section 3).
 */
export type Text = PlainText
/**
 * 1 to 200 visible characters and spaces in one line.
 */
export type PlainText = string
/**
 * The API's identifier (RFC 9728 section 1.2): an https URL without query and fragment, in its normal form. The description is at the same host, under `/.well-known/oauth-protected-resource` and the URL's path.
 */
export type Resource = string
/**
 * The authorization servers that give out tokens. Without this key: the issuers that are URLs and that some rule accepts. Each named tenant counts as one issuer.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type AuthorizationServers = [(URL & string & string), ...((URL & string & string))[]]
/**
 * An http or https URL of visible characters.
 */
export type URL = string
/**
 * Scopes that clients may ask for. Without it all that the rules require.
 * 
 * @minItems 1
 * @maxItems 1000
 */
export type Scopes = [(Scope & string & string), ...((Scope & string & string))[]]
/**
 * The API's name for people.
 */
export type ResourceName = PlainText
/**
 * Where developers read about the API.
 */
export type Documentation = URL

/**
 * Which issuers an API trusts, what each of its routes requires of an access token, and which verified claims the upstream gets. A request that no rule names is refused.
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
identity?: Identity
header_mappings: HeaderMappings
answers: Answers
protected_resource?: ProtectedResource
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
audiences: IssuerAudiences
algorithms: Algorithms
clock_skew: ClockSkew
token_type: TokenType
max_token_age?: MaximumTokenAge
max_token_lifetime?: MaximumTokenLifetime
bound_tokens: BoundTokens
required_claims: ClaimsOfEveryToken
claims: ClaimNames
keys: Keys
key_refresh: KeyRefresh
}
/**
 * All that stands here must hold. Text is compared byte by byte, no value is turned into another type, and numbers are compared exactly.
 */
export interface Condition {
equals?: Equals
one_of?: OneOf
contains_any?: ContainsAny
contains_all?: ContainsAll
matches?: Matches
min?: Least
max?: Most
equals_path?: EqualsPathSegment
equals_header?: ComparedHeader
}
/**
 * Where this issuer puts what rules ask for.
 */
export interface ClaimNames {
audience: AudienceClaim
tenant: TenantClaim
scopes: ScopesClaim
roles: RolesClaim
groups: GroupsClaim
}
/**
 * Where the issuer's keys come from. A token cannot change this. Several places count together, such as during a migration.
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
allow_http?: KeysOverHTTP
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
file: PEMPath
alg?: PEMAlgorithm
kid?: PEMKeyID
}
/**
 * One shared secret, at least as long as the hash (RFC 7518 section 3.2): 32 bytes for HS256, 48 for HS384, 64 for HS512.
 */
export interface SecretFile {
file: SecretPath
encoding: SecretEncoding
alg?: SecretAlgorithm
kid?: SecretKeyID
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
 * Applies to every rule that does not say otherwise. A rule's own value replaces the whole default.
 */
export interface Defaults {
mode?: Mode
allow_http?: AllowHTTP
cors_preflight?: CORSPreflight
other_authentication?: OtherAuthentication
accept?: AcceptedIssuers
audiences?: Audiences
required_scopes?: RequiredScopes
required_roles?: RequiredRoles
required_groups?: RequiredGroups
required_claims?: RequiredClaims
authentication?: Authentication
}
/**
 * Conditions on single claims. A claim that is named must have a value; `{}` asks no more than that. A rule's own value replaces that of `defaults`, so put a condition for every token into the issuer's `required_claims`.
 */
export interface RequiredClaims {
[k: string]: Condition
}
/**
 * How and when the user was authenticated (RFC 9470): else 401 insufficient_user_authentication, which tells the client what to ask for.
 */
export interface Authentication {
acr_values?: ACRValues
amr?: AMR
max_age?: LongestTimeSince
}
/**
 * Rules by id. A request is bound to a rule by the plugin's `config.rule`, else by the name of its Kong Route, else by a Route tag `jwt-policy-rule:<id>`. A request without a rule is refused, so a policy without rules refuses everything. Other policies can extend it.
 */
export interface Rules {
[k: string]: Rule
}
/**
 * The requirements for requests that are bound to this rule. `{}` requires a valid token only. With `operations`, method and path decide further, and a request that fits no operation is refused.
 */
export interface Rule {
access?: Access
mode?: Mode
allow_http?: AllowHTTP
cors_preflight?: CORSPreflight
other_authentication?: OtherAuthentication
accept?: AcceptedIssuers
audiences?: Audiences
required_scopes?: RequiredScopes
required_roles?: RequiredRoles
required_groups?: RequiredGroups
required_claims?: RequiredClaims
authentication?: Authentication
any_of?: Alternatives
operations?: Operations
}
/**
 * One way to be let in, complete by itself: it takes over `accept` and `audiences` where it names none, and nothing else.
 */
export interface Alternative {
accept?: AcceptedIssuers
audiences?: Audiences
required_scopes?: RequiredScopes
required_roles?: RequiredRoles
required_groups?: RequiredGroups
required_claims?: RequiredClaims
authentication?: Authentication
}
/**
 * Methods and one path template, with what they require.
 */
export interface Operation {
methods: Methods
path: PathTemplate
access?: Access
mode?: Mode
allow_http?: AllowHTTP
cors_preflight?: CORSPreflight
other_authentication?: OtherAuthentication
accept?: AcceptedIssuers
audiences?: Audiences
required_scopes?: RequiredScopes
required_roles?: RequiredRoles
required_groups?: RequiredGroups
required_claims?: RequiredClaims
authentication?: Authentication
any_of?: Alternatives
}
/**
 * Where the token may be, how long it may be, and what becomes of it.
 */
export interface Token {
max_bytes: LargestToken
sources: Sources
forward: Forwarding
}
/**
 * Sets the caller that Kong and its plugins (acl, rate-limiting, logs) see, from the verified token: a Consumer, a credential, groups. The upstream gets the same caller as `X-Consumer-ID`, `X-Consumer-Username`, `X-Consumer-Custom-ID` and `X-Credential-Identifier`. On every rule, the client's own headers of these names are removed, in every spelling with `-` and `_`. So are `X-Anonymous-Consumer`, `X-Consumer-Groups` and `X-Authenticated-Groups`.
 */
export interface Identity {
issuers?: IdentifyingIssuers
consumer?: Consumer
credential?: Credential
groups?: Groups
}
/**
 * The Kong Consumer that the token names, looked up once the token is in order. Consumers are found by id or username; Kong's PDK finds none by `custom_id`.
 */
export interface Consumer {
claim: ConsumerClaim
by: By
unknown: Unknown
cache: Cache
}
/**
 * Request header to claim: the upstream gets these claims of the verified token. The client's own headers of these names are removed first, in every spelling with `-` and `_`, on public and optional rules too. Without a verified token the upstream gets none of them.
 */
export interface HeaderMappings {
[k: string]: HeaderMapping
}
/**
 * The answers that refused clients get. docs/guides/answers.md has each form.
 */
export interface Answers {
format: Format
problem_types?: BeginningOfProblemTypes
reasons: Reasons
}
/**
 * Words and statuses of your own, by reason. Reasons that a client must not tell apart have one name: `invalid_token`, `access_denied` (a valid token that may not) and `unavailable` (503).
 */
export interface Reasons {
[k: string]: CustomAnswer
}
/**
 * Replaces the usual status and text, which docs/reference/denials.md has.
 */
export interface CustomAnswer {
status?: Status
text?: Text
}
/**
 * Has the plugin serve the API's description (RFC 9728) at its well-known path, without a token, and name it in every challenge. MCP clients find their authorization server by it. docs/guides/answers.md says which Kong Route it needs.
 */
export interface ProtectedResource {
resource: Resource
authorization_servers?: AuthorizationServers
scopes_supported?: Scopes
resource_name?: ResourceName
resource_documentation?: Documentation
}
