// Generated from schema/policy.schema.json by `npm run generate`; do not edit.

/**
 * Version of this format. Policy files are recognised by this key. An unknown version is refused.
 */
export type FormatVersion = 1
/**
 * Names the policy in logs, and is the realm of challenges (RFC 6750 section 3).
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
 * Path of another policy file, relative to this file. Its keys also apply here. Maps merge by key; texts, numbers and lists replace the parent's value. If only one of the two files has an issuer's `required_claims` as a list, they merge too. The parent's name and description are not inherited. An inline policy cannot have this key.
 */
export type Extends = string
/**
 * The exact `iss` of the issuer's tokens (RFC 7519 section 4.1.1), compared byte by byte. Unless `keys` says otherwise, the issuer's keys are discovered from this URL. With `tenants`, one path segment is a name in braces. In a token, this segment is the tenant.
 */
export type IssuerIdentifier = string
/**
 * For issuers with many tenants, such as Microsoft Entra: the tenants whose tokens are accepted. `"*"` alone accepts every tenant that exists. The tenant's segment of `iss` has only letters, digits, `-` and `_`. The claim that `claims.tenant` names must contain the same tenant.
 * 
 * @minItems 1
 * @maxItems 1000
 */
export type Tenants = [string, ...(string)[]]
/**
 * `aud` must contain at least one of these audiences (RFC 7519 section 4.1.3). A rule may name other audiences.
 */
export type IssuerAudiences = Audiences
/**
 * `aud` must contain at least one of these audiences.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type Audiences = [string, ...(string)[]]
/**
 * Signature algorithms that the issuer's tokens may use (RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 9864). HS256, HS384 and HS512 need `secret_files`.
 * 
 * @minItems 1
 */
export type Algorithms = [("RS256" | "PS256" | "ES256" | "EdDSA" | "Ed25519" | "RS384" | "RS512" | "PS384" | "PS512" | "ES384" | "ES512" | "HS256" | "HS384" | "HS512"), ...(("RS256" | "PS256" | "ES256" | "EdDSA" | "Ed25519" | "RS384" | "RS512" | "PS384" | "PS512" | "ES384" | "ES512" | "HS256" | "HS384" | "HS512"))[]]
/**
 * How far the issuer's clock may be off when `exp` and `nbf` are checked. At most 5m.
 */
export type ClockSkew = Duration
/**
 * A whole number followed by s, m, h or d.
 */
export type Duration = string
/**
 * Required `typ` of the token's header, compared without case and without `application/`. With the default, ID tokens are not accepted as access tokens (RFC 9068 section 4). Write `JWT` here if the issuer uses that type; `any` turns the check off.
 */
export type TokenType = string
/**
 * How long ago a token may have been issued (`iat`), whatever its `exp` says. With this key, `iat` is required (RFC 7519 section 4.1.6).
 */
export type MaximumTokenAge = Duration
/**
 * Longest time from `iat` to `exp`. Tokens that are valid for longer are refused. With this key, `iat` is required.
 */
export type MaximumTokenLifetime = Duration
/**
 * Says whether tokens that are bound to a key by `cnf` (RFC 7800), as with DPoP or mTLS, are accepted. The plugin does not check that the sender has the key (RFC 9449 section 7.2). Use `accept` only behind a component that checks this.
 */
export type BoundTokens = ("refuse" | "accept")
/**
 * Conditions on every token of this issuer. No rule can replace them. Write a list of claims that must have a value, or a map of conditions. A token that does not meet them is refused with 401. Conditions that compare with the path or a header belong to rules. docs/guides/conditions.md says what counts as a value.
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
 * The claim is one of these values.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type OneOf = [(string | number | boolean), ...((string | number | boolean))[]]
/**
 * The claim is a list that contains at least one of these values.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type ContainsAny = [(string | number | boolean), ...((string | number | boolean))[]]
/**
 * The claim is a list that contains each of these values.
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
 * The claim is this number or more.
 */
export type Least = number
/**
 * The claim is this number or less.
 */
export type Most = number
/**
 * The claim is the text that the request's path has in place of this name in the operation's path template.
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
 * Claim with the audience (RFC 7519 section 4.1.3): a string or a list of strings. Use this key for issuers whose access tokens have no `aud`, such as Amazon Cognito, which uses `client_id`.
 */
export type AudienceClaim = Claim
/**
 * Claim that must name the same tenant as `iss`, if the issuer has `tenants`.
 */
export type TenantClaim = Claim
/**
 * Claim with the scopes: a string with spaces between them (RFC 8693 section 4.2), or a list of strings.
 */
export type ScopesClaim = Claim
/**
 * Claim with the roles: a list of strings, or one string that is one role. Keycloak uses `/realm_access/roles`, Microsoft Entra uses `roles`.
 */
export type RolesClaim = Claim
/**
 * Claim with the groups: a list of strings, or one string that is one group.
 */
export type GroupsClaim = Claim
/**
 * Takes the keys from the issuer's metadata, in which `issuer` must equal the configured issuer. `true` or `openid`: the metadata is at `<issuer>/.well-known/openid-configuration` (OpenID Connect Discovery 1.0 section 4). `oauth`: the metadata is at `/.well-known/oauth-authorization-server` between the issuer's host and path (RFC 8414 section 3.1). The plugin asks only the named address.
 */
export type Discovery = (true | "openid" | "oauth")
/**
 * Takes the keys from metadata at an address that does not follow from the issuer: https, or http on loopback. The `issuer` in the metadata must equal the configured issuer.
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
 * A path relative to the policy root. Neither a link nor `..` leads out of the policy root. The file's name does not end with .yaml, .yml or .json, because files with these endings are policies.
 */
export type FileUnderThePolicyRoot = string
/**
 * Files under the policy root, each with one public key (SPKI) or X.509 certificate in PEM. A changed file is read again. The plugin uses only the key of a certificate: it checks neither the dates nor the issuer of the certificate.
 * 
 * @minItems 1
 * @maxItems 10
 */
export type PEMFiles = [PEMFile]|[PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile, PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile]|[PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile, PEMFile]
/**
 * Path of the file, relative to the policy root.
 */
export type PEMPath = FileUnderThePolicyRoot
/**
 * The only algorithm that the key is used with; `algorithms` must name it too. If it is left out, an RSA key is used with the first RS algorithm in `algorithms`, or else the first PS algorithm.
 */
export type PEMAlgorithm = ("RS256" | "PS256" | "ES256" | "EdDSA" | "Ed25519" | "RS384" | "RS512" | "PS384" | "PS512" | "ES384" | "ES512")
/**
 * The `kid` under which tokens name this key (RFC 7515 section 4.1.4). A key without `kid` is used only while it is the issuer's only key for the algorithm.
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
 * Path of the file, relative to the policy root.
 */
export type SecretPath = FileUnderThePolicyRoot
/**
 * How the secret is written in the file. `text`: the characters in the file are the secret. Line ends after the secret do not count.
 */
export type SecretEncoding = ("text" | "base64url" | "base64" | "hex")
/**
 * The only algorithm that the secret is used with; `algorithms` must name it too. If it is left out, the secret is used with the first HS algorithm in `algorithms` for which it is long enough.
 */
export type SecretAlgorithm = ("HS256" | "HS384" | "HS512")
/**
 * The `kid` under which tokens name this key (RFC 7515 section 4.1.4). A key without `kid` is used only while it is the issuer's only key for the algorithm.
 */
export type SecretKeyID = string
/**
 * The RFC 7638 thumbprints (SHA-256, base64url) of the only fetched keys that are used. So a new key is not used until the policy names its thumbprint.
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
 * Allows plain http also for hosts that are not loopback. Anyone on the network path can then replace the keys. Use this only in networks that you trust entirely.
 */
export type KeysOverHTTP = boolean
/**
 * Keys are not fetched again until this time after the last successful fetch, whatever the provider says. At least 10s.
 */
export type LeastTime = Duration
/**
 * Keys are fetched again after this time at the latest. So a key that the provider withdrew is used for at most this time.
 */
export type LongestTime = Duration
/**
 * Tokens with an unknown kid cause at most one fetch in this time, counted from the last attempt. So a new key works at most this long after it was published. At least 5s.
 */
export type Cooldown = Duration
/**
 * How long the last good keys are used while the provider does not answer. After this time, requests with a token get 503.
 */
export type LongestStale = Duration
/**
 * `enforce`: requests that the policy does not allow are refused. `report`: such requests are logged and pass. Identity headers are still removed, and set only from a verified token. The mode under `defaults` also applies to requests that match no rule.
 */
export type Mode = ("enforce" | "report")
/**
 * Allows tokens that come over the network without TLS. Otherwise such requests are refused. A request from this machine is never refused for this reason. Neither is a request for which a proxy in Kong's `trusted_ips` says `X-Forwarded-Proto: https` (RFC 6750 section 5.3).
 */
export type AllowHTTP = boolean
/**
 * `pass`: a preflight (OPTIONS with `Origin` and `Access-Control-Request-Method`, without credentials) goes to the upstream without a token. On a rule with operations, one of them must match the method that the preflight asks for. `judge`: a preflight needs a token like any other request. Kong's `cors` plugin answers preflights before this plugin runs.
 */
export type CORSPreflight = ("judge" | "pass")
/**
 * Says what counts if a Kong plugin that runs before this one, such as session, has authenticated the request. `ignore`: only the token counts. `skip`: that authentication is enough. The plugin checks no token, and the upstream gets no Authorization header. `require`: both are needed. Plugins that run after this one, such as key-auth, have their own settings for this.
 */
export type OtherAuthentication = ("ignore" | "skip" | "require")
/**
 * Ids of the issuers whose tokens are accepted. You may leave this key out only while the policy has a single issuer.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type AcceptedIssuers = [(Identifier & string & string), ...((Identifier & string & string))[]]
/**
 * Scopes that the token must have. A list means all of them. A map can have `all_of`, `any_of` and `none_of`. If a required scope is missing, the answer is 403 insufficient_scope (RFC 6750 section 3.1).
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
 * The token must have each of these scopes.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type AllScopes = [(Scope & string & string), ...((Scope & string & string))[]]
/**
 * The token must have at least one of these scopes.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type AnyScope = [(Scope & string & string), ...((Scope & string & string))[]]
/**
 * The token must have none of these scopes.
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
 * The token must have each of these roles.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type AllRoles = [string, ...(string)[]]
/**
 * The token must have at least one of these roles.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type AnyRole = [string, ...(string)[]]
/**
 * The token must have none of these roles.
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
 * The token must have each of these groups.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type AllGroups = [string, ...(string)[]]
/**
 * The token must have at least one of these groups.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type AnyGroup = [string, ...(string)[]]
/**
 * The token must have none of these groups.
 * 
 * @minItems 1
 * @maxItems 50
 */
export type NoGroup = [string, ...(string)[]]
/**
 * `acr` must be one of these values (OpenID Connect Core section 2).
 * 
 * @minItems 1
 * @maxItems 20
 */
export type ACRValues = [string]|[string, string]|[string, string, string]|[string, string, string, string]|[string, string, string, string, string]|[string, string, string, string, string, string]|[string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]
/**
 * `amr` must contain each of these values (RFC 8176).
 * 
 * @minItems 1
 * @maxItems 20
 */
export type AMR = [string]|[string, string]|[string, string, string]|[string, string, string, string]|[string, string, string, string, string]|[string, string, string, string, string, string]|[string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]|[string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string, string]
/**
 * The user must have been authenticated (`auth_time`) at most this long ago.
 */
export type LongestTimeSince = Duration
/**
 * `required`: the request must have a valid token. `optional`: a request is anonymous if all of `token.sources` are empty; otherwise its token must be valid. `public`: the plugin checks no token.
 */
export type Access = ("required" | "optional" | "public")
/**
 * Alternatives: a request passes if it meets one of them. They replace the other requirements.
 * 
 * @minItems 2
 * @maxItems 20
 */
export type Alternatives = [Alternative, Alternative]|[Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]
/**
 * Requirements by method and path. Each value of an operation replaces the rule's own value. No two operations may match the same request.
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
 * Longer tokens are refused before they are read (RFC 9110 section 5.4). On HTTP/1.1 Kong itself answers 400 above about 8,160 bytes.
 */
export type LargestToken = number
/**
 * Where clients may put the token. The plugin reads all of these sources, and exactly one token must be in them. If all are empty, the request has no token. All tokens are removed from these sources before the upstream gets the request. docs/guides/token-sources.md describes the disadvantages of each source.
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
 * The word before the token, in upper or lower case and followed by spaces, like `Bearer` in Authorization. This key goes with `header`.
 */
export type Prefix = string
/**
 * A cookie whose value is the token. Its name begins with `__Host-`, so only this very host can have set it, and only over https (RFC 6265bis section 4.1.3.2).
 */
export type Cookie = string
/**
 * Browsers send cookies along with requests that other sites make. So `Origin` must be one of these, byte for byte, or the answer is 403 origin_not_allowed. This applies to every method but GET, HEAD, OPTIONS and TRACE, and to upgrades of the connection, such as to WebSocket. Without this key only those four methods pass with a cookie. This key goes with `cookie`.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type AllowedOrigins = [Origin, ...(Origin)[]]
/**
 * `https://host`, with the port if it is not 443. http is for localhost only.
 */
export type Origin = string
/**
 * Accepts a cookie whose name does not begin with `__Host-`, although any other host of the domain can have set it. This key goes with `cookie`.
 */
export type AllowAnUnprefixedName = true
/**
 * A query parameter whose value is the token. Addresses get into logs, histories and Referer headers, and so does the token in them (RFC 6750 section 2.3, RFC 9700 section 4.3.2). Use this only for clients that cannot send the token in another way.
 */
export type Query = string
/**
 * Says whether and where the upstream gets the verified token. `true`: in `Authorization: Bearer <token>`, whichever source the client used. `false`: the upstream gets no token and trusts the mapped headers instead. A map: in another header. The upstream never gets the client's own Authorization header in addition.
 */
export type Forwarding = (Forward & (boolean | {

}))
/**
 * Where the upstream gets the verified token.
 */
export type Forward = (boolean | {
header: ForwardHeader
})
/**
 * The header that has the token, and nothing else, as its value. Authorization is removed.
 */
export type ForwardHeader = RequestHeader
/**
 * Ids of the issuers whose tokens tell Kong who the caller is. A policy with several issuers must have this key: each issuer could name the others' Consumers, and users of two issuers may have the same `sub`.
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
 * What the claim contains: the Consumer's `username` or its `id`.
 */
export type By = ("username" | "id")
/**
 * What happens if the token names no Consumer, or if Kong does not have the Consumer or cannot read it from its database. `refuse`: the answer is 403. `ignore`: the request goes on without a Consumer; plugins that deny by Consumer then let it pass.
 */
export type Unknown = ("refuse" | "ignore")
/**
 * How long a found Consumer is cached, at most 1h. A change in Kong takes effect after this time at the latest. A Consumer that was not found is looked up again after at most 10s.
 */
export type Cache = Duration
/**
 * Claim that names the credential. Rate-limiting counts by the credential and logs show it, with or without a Consumer. The claim is a text of 1 to 256 visible ASCII characters; a token without this claim is refused. Without this key, Kong uses the Consumer's id.
 */
export type Credential = Claim
/**
 * Claim with groups that Kong's acl plugin allows or denies: a list of texts, or one text. Without the claim there are no groups. For a request that has a Consumer, acl checks the Consumer's own groups unless its `always_use_authenticated_groups` is on.
 */
export type Groups = Claim
/**
 * A claim, or a map. The map has one of `from`, `constant` and `payload`, and says how the value is written.
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
 * The claim whose value the header gets.
 */
export type From = Claim
/**
 * The header always has this text if there is a verified token.
 */
export type Constant = string
/**
 * The header has the whole payload of the token, in base64url as in the token (RFC 7519 section 3).
 */
export type Payload = true
/**
 * How a list is written: joined in one header, or one header line for each element (RFC 9110 section 5.3).
 */
export type List = ("join" | "repeat")
/**
 * The text between joined elements. No element may contain it.
 */
export type Separator = string
/**
 * `text`: visible ASCII; the request is refused if the value has other characters. `percent`: UTF-8, in which all but letters, digits and `-_.!~*'()` are written as `%XX` (RFC 3986 section 2.1). `base64url`: base64url of the text's UTF-8. `json`: base64url of the JSON text of any value, also of maps.
 */
export type ValueEncoding = ("text" | "percent" | "base64url" | "json")
/**
 * The header's value if the token does not have the claim.
 */
export type Fallback = string
/**
 * The longest value of the header. The request is refused if the value is longer.
 */
export type LongestValue = number
/**
 * `negotiate`: problem details (RFC 9457) if `Accept` prefers `application/problem+json` to `application/json`, else Kong's own form. `problem`: always problem details. `kong`: always Kong's own form. gRPC clients always get `grpc-status` and `grpc-message`.
 */
export type Format = ("negotiate" | "problem" | "kong")
/**
 * Beginning of the `type` of problem details (RFC 9457 section 3.1.1). The public reason is appended to it. It ends with `/`, `#`, `:` or `=`. Without this key the type is `about:blank`.
 */
export type BeginningOfProblemTypes = string
/**
 * Another status of the same class: 4xx stays 4xx and 5xx stays 5xx, because clients and proxies decide by the class whether to try again. An answer has a challenge only with 401 or with the usual status.
 */
export type Status = number
/**
 * The text for the client. A challenge leaves it out if it has characters beyond plain ASCII (RFC 6750 section 3).
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
 * The authorization servers that issue tokens. Without this key, the description lists the issuers that are URLs and that a rule accepts. Each named tenant counts as one issuer.
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
 * Scopes that clients may ask for. Without this key, the description lists all scopes that the rules require.
 * 
 * @minItems 1
 * @maxItems 1000
 */
export type Scopes = [(Scope & string & string), ...((Scope & string & string))[]]
/**
 * The API's name, for people to read.
 */
export type ResourceName = PlainText
/**
 * Where developers read about the API.
 */
export type Documentation = URL

/**
 * A policy document says which issuers an API trusts, what each of its routes requires of an access token, and which verified claims the upstream gets. A request without a rule is refused.
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
 * Trusted issuers, each under an id of your choice. Rules and logs use the id. A token of any other issuer is refused (RFC 8725 section 3.8).
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
 * The claim must pass all tests in this map. Text is compared byte by byte. No value is converted to another type, and numbers are compared exactly.
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
 * The claims in which this issuer puts what rules check.
 */
export interface ClaimNames {
audience: AudienceClaim
tenant: TenantClaim
scopes: ScopesClaim
roles: RolesClaim
groups: GroupsClaim
}
/**
 * Where the issuer's keys come from. A token cannot change this. Keys from several sources can be used together, such as during a migration.
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
 * How long fetched keys are used. The provider's Cache-Control or Expires decides within these limits. Without either header, the time is 5m.
 */
export interface KeyRefresh {
min: LeastTime
max: LongestTime
cooldown: Cooldown
max_stale: LongestStale
}
/**
 * Values for every rule that does not have its own. A rule's own value replaces the whole default.
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
 * Conditions on single claims. Each named claim must have a value; `{}` requires nothing more. A rule's own value replaces that of `defaults`, so put a condition for every token into the issuer's `required_claims`.
 */
export interface RequiredClaims {
[k: string]: Condition
}
/**
 * How and when the user must have been authenticated (RFC 9470). Otherwise the answer is 401 insufficient_user_authentication. Its challenge tells the client what to ask for.
 */
export interface Authentication {
acr_values?: ACRValues
amr?: AMR
max_age?: LongestTimeSince
}
/**
 * Rules by id. A request is bound to a rule by the plugin's `config.rule`, else by the name of its Kong Route, else by a Route tag `jwt-policy-rule:<id>`. A request without a rule is refused, so a policy without rules refuses everything. Other policies can extend such a policy.
 */
export interface Rules {
[k: string]: Rule
}
/**
 * The requirements for requests that are bound to this rule. `{}` requires a valid token only. With `operations`, the requirements also depend on method and path, and a request that matches no operation is refused.
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
 * One way to get access, with all its requirements. If it has no `accept` or no `audiences`, it inherits that key. It inherits nothing else.
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
 * Methods and one path template, with the requirements for requests that match them.
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
 * Where clients may put the token, how long it may be, and whether the upstream gets it.
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
 * The Kong Consumer that the token names. The plugin looks it up after the token has passed all checks. Kong's PDK finds Consumers by id or username, but not by `custom_id`.
 */
export interface Consumer {
claim: ConsumerClaim
by: By
unknown: Unknown
cache: Cache
}
/**
 * Maps each request header to a claim of the verified token. The upstream gets these headers. The client's own headers of these names are removed first, in every spelling with `-` and `_`, on public and optional rules too. Without a verified token the upstream gets none of these headers.
 */
export interface HeaderMappings {
[k: string]: HeaderMapping
}
/**
 * The answers to refused requests. docs/guides/answers.md shows each form.
 */
export interface Answers {
format: Format
problem_types?: BeginningOfProblemTypes
reasons: Reasons
}
/**
 * Your own texts and statuses, by public reason. Reasons that a client must not distinguish share one public reason. These are `invalid_token`, `access_denied` (the token is valid, but access is not allowed) and `unavailable` (503).
 */
export interface Reasons {
[k: string]: CustomAnswer
}
/**
 * Replaces the usual status and text. docs/reference/denials.md lists the usual ones.
 */
export interface CustomAnswer {
status?: Status
text?: Text
}
/**
 * With this key, the plugin answers requests for the API's description (RFC 9728) at its well-known path. These requests need no token, and every challenge names the description. MCP clients find their authorization server in it. docs/guides/answers.md says which Kong Route the description needs.
 */
export interface ProtectedResource {
resource: Resource
authorization_servers?: AuthorizationServers
scopes_supported?: Scopes
resource_name?: ResourceName
resource_documentation?: Documentation
}
