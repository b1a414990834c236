// Generated from schema/policy.schema.json by `npm run generate`; do not edit.

/**
 * Version of the document's format. The plugin recognises policy files by this key. A document with an unknown version is refused.
 */
export type FormatVersion = 1
/**
 * The policy's name in logs, and the realm of challenges (RFC 6750 section 3).
 */
export type Name = Identifier
/**
 * Letters, digits, dot, dash and underscore. The name may appear in challenges, logs and metric labels.
 */
export type Identifier = string
/**
 * Says what the policy is for. The plugin does not read the description.
 */
export type Description = string
/**
 * Path of another policy file, relative to this file. This policy inherits the keys of the parent file. Maps merge by key. Strings, numbers and lists replace the parent's value. An issuer's `required_claims` also merge if one file has a list and the other has a map. This policy does not inherit the parent's name and description. An inline policy cannot have this key.
 */
export type Extends = string
/**
 * The exact `iss` of the issuer's tokens (RFC 7519 section 4.1.1), compared byte by byte. Several entries may have the same `issuer`, one for each kind of token, if no token can fit two of them. Without `keys`, the plugin finds the issuer's keys by discovery from this URL. With `tenants`, one path segment or one part of the host is a placeholder in braces, such as `{tenant}`. The `iss` of a token has the tenant in place of the placeholder.
 */
export type IssuerIdentifier = string
/**
 * For issuers with many tenants, such as Microsoft Entra: the tenants whose tokens are accepted. `"*"` alone accepts every tenant that exists. The tenant's segment of `iss` has only letters, digits, `-` and `_`. With discovery, or with the placeholder in the sources of `keys`, each tenant has its own keys. You must then name each tenant. If all tenants share their keys, the claim that `claims.tenant` names must contain the tenant of `iss`.
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
 * Signature algorithms that the issuer's tokens may use (RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 9864). The `alg` of a token must be exactly one of the listed names. `EdDSA` and `Ed25519` are two names of one algorithm. If both names are in the list, an Ed25519 key verifies tokens with either name. HS256, HS384 and HS512 need `secret_files`.
 * 
 * @minItems 1
 */
export type Algorithms = [("RS256" | "PS256" | "ES256" | "EdDSA" | "Ed25519" | "RS384" | "RS512" | "PS384" | "PS512" | "ES384" | "ES512" | "HS256" | "HS384" | "HS512"), ...(("RS256" | "PS256" | "ES256" | "EdDSA" | "Ed25519" | "RS384" | "RS512" | "PS384" | "PS512" | "ES384" | "ES512" | "HS256" | "HS384" | "HS512"))[]]
/**
 * How much the issuer's clock and Kong's clock may differ, when the plugin checks `exp` and `nbf`. The largest value is 5m.
 */
export type ClockSkew = Duration
/**
 * A whole number followed by s, m, h or d.
 */
export type Duration = string
/**
 * Required `typ` of the token's header. The comparison ignores case and the prefix `application/`. With the default, the plugin accepts no ID token as an access token (RFC 9068 section 4). If the issuer uses the type `JWT`, write `JWT` here. With a list, each type in the list is accepted. `any` turns the check off.
 * 
 * @minItems 1
 * @maxItems 10
 */
export type TokenType = (string | [OneOfSeveralTokenTypes]|[OneOfSeveralTokenTypes, OneOfSeveralTokenTypes]|[OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes]|[OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes]|[OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes]|[OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes]|[OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes]|[OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes]|[OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes]|[OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes, OneOfSeveralTokenTypes])
/**
 * A type such as `at+jwt`. A list cannot contain `any`.
 */
export type OneOfSeveralTokenTypes = string
/**
 * How long ago a token may have been issued (`iat`). The limit does not depend on `exp`. With `max_token_age`, `iat` is required (RFC 7519 section 4.1.6).
 */
export type MaximumTokenAge = Duration
/**
 * Longest time from `iat` to `exp`. Tokens that are valid for longer are refused. With `max_token_lifetime`, `iat` is required.
 */
export type MaximumTokenLifetime = Duration
/**
 * With DPoP or mTLS, the claim `cnf` binds a token to a key of its sender (RFC 7800). The plugin does not check whether the sender has the key of the token (RFC 9449 section 7.2). So the plugin refuses bound tokens by default. Use `accept` only if a component in front of Kong makes this check.
 */
export type BoundTokens = ("refuse" | "accept")
/**
 * Accepts an integer as `sub`, and reads it as a decimal string: 42 becomes `42`. RFC 7519 section 4.1.2 requires a string, but some frameworks write the number of a database row. Only integers from 0 to 9007199254740991 are accepted, because larger integers may be rounded.
 */
export type NumericSubject = boolean
/**
 * What happens to tokens that name no key. The header of such a token has no `kid`, no `x5t` and no `x5t#S256`. The setting matters if the issuer has several keys for the token's `alg`. `try_keys`: the plugin tries the keys, if there are at most four. `only_key`: the plugin refuses the token. A token that names an unknown key is always refused.
 */
export type TokensWithoutKid = ("try_keys" | "only_key")
/**
 * Conditions on every token of this issuer. No rule can replace these conditions. Write a list of claims that must have a value, or a map of conditions. A token that does not meet the conditions gets 401. Only rules can compare a claim with the path or a header. docs/guides/conditions.md says what counts as a value.
 * 
 * @maxItems 30
 */
export type ClaimsOfEveryToken = (Claim[] | {
[k: string]: Condition
})
/**
 * The name of a top-level claim. A string that starts with `/` is a JSON Pointer into the claims (RFC 6901). In a pointer, `~1` is a slash and `~0` is a tilde. A number such as `0` selects an element of a list. The step `-` is refused, because it never selects anything.
 */
export type Claim = string
/**
 * The claim is exactly this string, number, true or false.
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
 * The claim is a string of at most 256 characters, and the whole string matches the pattern. A pattern has characters, classes such as `[a-z0-9]`, `.`, `\d` and `\w`. Each of these parts can be followed by `?`, `*`, `+` or `{2,5}`. A pattern has no groups and no alternatives: use `one_of` instead.
 */
export type Matches = string
/**
 * The claim is a number of at least this value.
 */
export type Least = number
/**
 * The claim is a number of at most this value.
 */
export type Most = number
/**
 * A name in braces in the operation's path. The claim must be equal to that part of the request's path that matches this name.
 */
export type EqualsPathSegment = string
/**
 * The claim must equal the value of this request header. Write the header's name in lower case. The request must have this header exactly once. The upstream gets the compared value. The header then has only this spelling of its name.
 */
export type ComparedHeader = RequestHeader
/**
 * The name of a request header in lower case, at most five words with dashes between. Three groups of headers are not allowed. The first group of headers controls the connection, routing or authentication, such as `host`, `cookie` and `authorization`. The guard or Kong itself writes the second group, such as `x-real-ip`. The third group are the `x-forwarded-` headers for, host, path, port, prefix and proto. Other names such as `x-forwarded-user` are allowed.
 */
export type RequestHeader = string
/**
 * `true`: the claim must have no value, and the map has no other key. `allowed`: a claim without a value also passes. Without this key, the claim must have a value, even for `not`.
 */
export type Absent = (true | "allowed")
/**
 * Claim with the audience (RFC 7519 section 4.1.3): a string or a list of strings. Use this key if the issuer's access tokens have no `aud`. For example, Amazon Cognito uses `client_id`. If the audience is in different claims in different kinds of tokens, write one entry of the issuer for each kind.
 */
export type AudienceClaim = Claim
/**
 * If the issuer has `tenants`, this claim must name the same tenant as `iss`. Without this key, the claim is `tid`. If each tenant has its own keys, the token needs no such claim, because the keys distinguish the tenants.
 */
export type TenantClaim = Claim
/**
 * Claim with the scopes: a list of strings, or one string with spaces between the scopes (RFC 8693 section 4.2).
 */
export type ScopesClaim = (ClaimLocations & string)
/**
 * One of three forms: a claim that contains names; a map of a claim and its separator; or a list of claims and such maps. With a list, the plugin uses the names from all listed claims. A claim that is absent or null adds no names. If the plugin cannot read one of the claims, the token meets no condition on these names. The plugin then treats a required name as missing, and an excluded name as present.
 * 
 * @minItems 1
 * @maxItems 10
 */
export type ClaimLocations = (string | {
claim: ClaimOfNames
separator: SeparatorOfNames
} | [ClaimLocation]|[ClaimLocation, ClaimLocation]|[ClaimLocation, ClaimLocation, ClaimLocation]|[ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation]|[ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation]|[ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation]|[ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation]|[ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation]|[ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation]|[ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation, ClaimLocation])
/**
 * The claim that contains the names. With a separator, the claim must be one string.
 */
export type ClaimOfNames = Claim
/**
 * The character between two names: a space or a punctuation mark. Spaces around names are ignored. The plugin cannot read a string that contains any other white space or a control character.
 */
export type SeparatorOfNames = string
/**
 * A claim, or a map of a claim and its separator.
 */
export type ClaimLocation = (string | {
claim: ClaimOfNames
separator: SeparatorOfNames
})
/**
 * Claim with the roles: a list of strings, or one string with one role. Keycloak uses `/realm_access/roles`, Microsoft Entra uses `roles`. If you list several claims, the plugin uses the roles from all of them.
 */
export type RolesClaim = (ClaimLocations & string)
/**
 * Claim with the groups: a list of strings, or one string with one group.
 */
export type GroupsClaim = (ClaimLocations & string)
/**
 * Takes the keys from the issuer's metadata, in which `issuer` must equal the configured issuer. `true` or `openid`: the metadata is at `<issuer>/.well-known/openid-configuration` (OpenID Connect Discovery 1.0 section 4). `oauth`: the metadata is at `/.well-known/oauth-authorization-server` between the issuer's host and path (RFC 8414 section 3.1). The plugin fetches the metadata only from the one URL.
 */
export type Discovery = (true | "openid" | "oauth")
/**
 * The URL of the issuer's metadata, if it is not at a standard URL. The URL has https, or http on loopback. The `issuer` in the metadata must equal the configured issuer.
 */
export type MetadataURI = string
/**
 * The URL of a key set (RFC 7517 section 5). The URL has https, or http on loopback. Redirects are not followed.
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
 * Files under the policy root, each with a key set. The plugin reads a changed file again.
 * 
 * @minItems 1
 * @maxItems 10
 */
export type JWKSFiles = [(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]|[(FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string), (FileUnderThePolicyRoot & string & string & string & string & string & string & string & string & string & string)]
/**
 * A path relative to the policy root. Neither a link nor `..` may lead out of the policy root. The name of the file must not end with .yaml, .yml or .json, because files with these endings are policies.
 */
export type FileUnderThePolicyRoot = string
/**
 * Files under the policy root. Each file has one public key (SPKI) or one X.509 certificate, in PEM. The plugin reads a changed file again. The plugin uses only the key of a certificate. It checks neither the certificate's dates nor its issuer.
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
 * The key is used only with this algorithm. `algorithms` must name it too. If it is left out, an RSA key is used with the first RS algorithm in `algorithms`, or else the first PS algorithm.
 */
export type PEMAlgorithm = ("RS256" | "PS256" | "ES256" | "EdDSA" | "Ed25519" | "RS384" | "RS512" | "PS384" | "PS512" | "ES384" | "ES512")
/**
 * The `kid` under which tokens name this key (RFC 7515 section 4.1.4). A key without `kid` is used only while it is the issuer's only key for the algorithm.
 */
export type PEMKeyID = string
/**
 * Files under the policy root, each with a secret that the issuer also knows, for HS256, HS384 and HS512. The plugin reads a changed file again. Anyone who can check a token that was signed with a secret can also make such a token, so prefer public keys.
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
 * How the secret is written in the file. `text`: the characters in the file are the secret. Line ends after the secret are ignored.
 */
export type SecretEncoding = ("text" | "base64url" | "base64" | "hex")
/**
 * The secret is used only with this algorithm. `algorithms` must name it too. If it is left out, the secret is used with the first HS algorithm in `algorithms` for which it is long enough.
 */
export type SecretAlgorithm = ("HS256" | "HS384" | "HS512")
/**
 * The `kid` under which tokens name this key (RFC 7515 section 4.1.4). A key without `kid` is used only while it is the issuer's only key for the algorithm.
 */
export type SecretKeyID = string
/**
 * RFC 7638 thumbprints (SHA-256, base64url) of keys. The plugin then uses only fetched keys with these thumbprints. The plugin does not use a new key until the policy names the key's thumbprint.
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
 * Allows http without TLS for all hosts, and not only for loopback. Attackers in the network can then replace the keys. Use `allow_http` only in networks that you trust completely.
 */
export type KeysOverHTTP = boolean
/**
 * After a successful fetch, the plugin does not fetch keys again during this time, whatever the provider says. The shortest value is 10s.
 */
export type LeastTime = Duration
/**
 * The plugin fetches keys again after this time at the latest. So after the provider withdraws a key, the plugin still uses it for at most this time.
 */
export type LongestTime = Duration
/**
 * Tokens with an unknown `kid` cause at most one fetch in this time. The time begins with the last attempt. So the plugin accepts tokens with a new key after at most this time. The shortest value is 5s.
 */
export type Cooldown = Duration
/**
 * How long the plugin uses the last good keys while the provider does not answer. After this time without an answer, requests with a token of this issuer get 503.
 */
export type LongestStale = Duration
/**
 * The longest time for each HTTP request for keys. The time includes everything from the look-up of the host name to the last byte. The value is from 1s to 30s. Discovery makes two such requests. Clients wait at most 5s for keys, and then get 503.
 */
export type FetchTimeout = Duration
/**
 * `enforce`: the plugin refuses requests that the policy does not allow. `report`: if the policy does not allow a request, the plugin logs the request and lets it pass. Even in report mode, the plugin removes identity headers that the client sends, and sets them only from a verified token. The mode under `defaults` also applies to requests that match no rule.
 */
export type Mode = ("enforce" | "report")
/**
 * `true` allows tokens that come over the network without TLS. With `false`, the plugin refuses requests that come over the network in clear text (RFC 6750 section 5.3). A request from Kong's own machine needs no TLS. A request also counts as sent over TLS if a proxy in Kong's `trusted_ips` sends `X-Forwarded-Proto: https`.
 */
export type AllowHTTP = boolean
/**
 * `pass`: a preflight goes to the upstream without a token. A preflight is an OPTIONS request with `Origin` and `Access-Control-Request-Method`, and without credentials. On a rule with operations, one operation must match the method that a preflight names. `judge`: a preflight needs a token like any other request. Kong's `cors` plugin answers preflights before jwt-policy runs.
 */
export type CORSPreflight = ("judge" | "pass")
/**
 * A Kong plugin that runs before jwt-policy may already have authenticated the request. An example is the plugin session. `ignore`: the request still needs a valid token. `skip`: the authentication by the other plugin is enough. jwt-policy then checks no token, and the upstream gets no Authorization header. `require`: the request needs both a valid token and the authentication by the other plugin. `other_authentication` has no effect on plugins that run after jwt-policy, such as key-auth.
 */
export type OtherAuthentication = ("ignore" | "skip" | "require")
/**
 * Ids of the issuers whose tokens the rule accepts. You may omit this key only if the policy has a single issuer.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type AcceptedIssuers = [(Identifier & string & string), ...((Identifier & string & string))[]]
/**
 * Scopes that the token must have. With a list, the token must have all listed scopes. A map can have `all_of`, `any_of` and `none_of`. If the token lacks a required scope, the client gets 403 insufficient_scope (RFC 6750 section 3.1).
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
 * Roles that the token must have, from the claim that the issuer's `claims.roles` names. With a list, the token must have all listed roles.
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
 * Groups that the token must have, from the claim that the issuer's `claims.groups` names. With a list, the token must have all listed groups.
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
 * The user must have signed in (`auth_time`) at most this long ago.
 */
export type LongestTimeSince = Duration
/**
 * `required`: the request must have a valid token. `optional`: a request is anonymous if all `token.sources` are empty. If at least one source is not empty, the token must be valid. `public`: the plugin checks no token.
 */
export type Access = ("required" | "optional" | "public")
/**
 * Alternatives: a request passes if its token meets one alternative. The alternatives replace the other requirements.
 * 
 * @minItems 2
 * @maxItems 20
 */
export type Alternatives = [Alternative, Alternative]|[Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]|[Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative, Alternative]
/**
 * Requirements by method and path. Each value of an operation replaces the rule's own value. If several operations match a request, the operation with the most specific path applies. If two paths can match the same request and neither path is more specific, the plugin refuses the policy.
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
 * The path as the client sends it to Kong. `{name}` matches one segment, or a part of one segment if there is text beside it, as in `{id}:cancel`. `{name...}` at the end matches all paths below. docs/guides/paths.md explains which of two paths is more specific.
 */
export type PathTemplate = string
/**
 * The plugin refuses longer tokens without reading them (RFC 9110 section 5.4). On HTTP/1.1 Kong itself answers 400 above about 8,160 bytes.
 */
export type LargestToken = number
/**
 * Where clients may put the token. The plugin reads all listed sources, and must find exactly one token in them. If all sources are empty, the request has no token. The plugin removes all tokens from the listed sources before the upstream gets the request. docs/guides/token-sources.md describes the disadvantages of each source.
 * 
 * @minItems 1
 */
export type Sources = [TokenSource, ...(TokenSource)[]]
/**
 * `authorization`: the Authorization header with the scheme Bearer (RFC 6750 section 2.1). Or a map with one of `authorization`, `header`, `cookie` and `query`.
 */
export type TokenSource = (string | {
authorization?: AuthorizationSchemes
bare?: BareToken
issuers?: IssuersOfTheSource
header?: TokenHeader
prefix?: Prefix
cookie?: Cookie
allowed_origins?: AllowedOrigins
allow_unprefixed?: AllowAnUnprefixedName
query?: Query
})
/**
 * The Authorization header, with one of the listed schemes before the token (RFC 9110 section 11.1). Upper and lower case do not matter. The list must have `Bearer`, because challenges ask clients for this scheme. Use other schemes only while clients migrate. The upstream always gets `Bearer`.
 * 
 * @minItems 1
 * @maxItems 10
 */
export type AuthorizationSchemes = [Scheme]|[Scheme, Scheme]|[Scheme, Scheme, Scheme]|[Scheme, Scheme, Scheme, Scheme]|[Scheme, Scheme, Scheme, Scheme, Scheme]|[Scheme, Scheme, Scheme, Scheme, Scheme, Scheme]|[Scheme, Scheme, Scheme, Scheme, Scheme, Scheme, Scheme]|[Scheme, Scheme, Scheme, Scheme, Scheme, Scheme, Scheme, Scheme]|[Scheme, Scheme, Scheme, Scheme, Scheme, Scheme, Scheme, Scheme, Scheme]|[Scheme, Scheme, Scheme, Scheme, Scheme, Scheme, Scheme, Scheme, Scheme, Scheme]
/**
 * Name of an authentication scheme.
 */
export type Scheme = string
/**
 * Also accepts an Authorization header that has only the token, without a scheme. This key is allowed only with `authorization`.
 */
export type BareToken = true
/**
 * Ids of issuers. The source then accepts only tokens of the listed issuers, even if the rule accepts other issuers too. To accept an issuer's tokens only in this source, also add `issuers`, without this issuer, to every other source.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type IssuersOfTheSource = [Identifier, ...(Identifier)[]]
/**
 * A request header whose value is the token. For Authorization, write `authorization` instead of a map.
 */
export type TokenHeader = RequestHeader
/**
 * The word before the token, like `Bearer` in Authorization. Upper and lower case do not matter. One or more spaces must follow the word. This key is allowed only with `header`.
 */
export type Prefix = string
/**
 * A cookie whose value is the token. The cookie's name begins with `__Host-`. So only this host can set the cookie, and only over https (RFC 6265bis section 4.1.3.2).
 */
export type Cookie = string
/**
 * Browsers also send a cookie with requests that other sites start. So the `Origin` of a request with this cookie must be one of the listed origins. Any other `Origin` gets 403 origin_not_allowed. GET, HEAD, OPTIONS and TRACE requests need no `Origin`. But a request to upgrade the connection, for example to WebSocket, always needs an allowed `Origin`. Without `allowed_origins`, only GET, HEAD, OPTIONS and TRACE requests can use this cookie. This key is allowed only with `cookie`.
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
 * Accepts a cookie whose name does not begin with `__Host-`. Any other host of the domain can set such a cookie. This key is allowed only with `cookie`.
 */
export type AllowAnUnprefixedName = true
/**
 * A query parameter whose value is the token. Logs, browser histories and Referer headers contain URLs, so they contain the token (RFC 6750 section 2.3, RFC 9700 section 4.3.2). Use this source only for clients that cannot send the token in another way.
 */
export type Query = string
/**
 * What happens to the client's own Authorization header on rules that read tokens. `remove`: the upstream gets an Authorization header only if the header contains the verified token. `keep`: the upstream gets the client's header unchanged. The plugin then never reads the Authorization header, so `authorization` cannot be a source, and `forward` cannot be `true`. The upstream must not treat this header as a verified token.
 */
export type ClientSAuthorization = ("remove" | "keep")
/**
 * Whether and where the upstream gets the verified token. `true`: in `Authorization: Bearer <token>`, for every source. `false`: the upstream gets no token, and trusts the mapped headers instead. A map: in another header. The upstream gets the client's own Authorization header only with `client_authorization: keep`.
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
 * The value of this header is only the token. Authorization is removed, unless `client_authorization` keeps it.
 */
export type ForwardHeader = RequestHeader
/**
 * Ids of the issuers whose tokens tell Kong who the caller is. A policy with several issuers must have this key. If tokens of all issuers named the caller, one issuer could name Consumers of another issuer. Also, users of two issuers may have the same `sub`.
 * 
 * @minItems 1
 * @maxItems 100
 */
export type IdentifyingIssuers = [Identifier, ...(Identifier)[]]
/**
 * Claim with the Consumer's name: a string of 1 to 256 visible ASCII characters. From a list, the plugin uses the first claim that the token has.
 */
export type ConsumerClaim = FirstClaim
/**
 * A claim, or a list of claims. From a list, the plugin uses only the first claim that the token has. If the plugin cannot use the first claim that is present, it does not try the next claim. Use only claims for which two callers can never have the same value.
 * 
 * @minItems 1
 * @maxItems 10
 */
export type FirstClaim = (string | [(Claim & string & string & string & string & string & string & string & string & string & string)]|[(Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string)]|[(Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string)]|[(Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string)]|[(Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string)]|[(Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string)]|[(Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string)]|[(Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string)]|[(Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string)]|[(Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string), (Claim & string & string & string & string & string & string & string & string & string & string)])
/**
 * What the claim contains: the Consumer's `username` or its `id`.
 */
export type By = ("username" | "id")
/**
 * What happens if the token names no Consumer, or if Kong does not have the Consumer or cannot read it from its database. `refuse`: the answer is 403. `ignore`: the request goes on without a Consumer. Then plugins that deny by Consumer let the request pass.
 */
export type Unknown = ("refuse" | "ignore")
/**
 * How long a found Consumer is cached, at most 1h. A change in Kong takes effect after this time at the latest. A Consumer that was not found is looked up again after at most 10s.
 */
export type Cache = Duration
/**
 * Claim that names the credential. Kong's rate-limiting plugin counts requests by the credential, and Kong's logs show the credential, even without a Consumer. The claim must be a string of 1 to 256 visible ASCII characters. The plugin refuses a token without this claim. From a list, the plugin uses the first claim that the token has. Without this key, Kong uses the Consumer's id.
 */
export type Credential = FirstClaim
/**
 * Claim with groups that Kong's acl plugin allows or denies: a list of strings, or one string. If you list several claims, the plugin uses the groups from all of them. If the token lacks the claim, the caller has no groups. If the request has a Consumer, acl checks the Consumer's own groups. With acl's option `always_use_authenticated_groups`, acl checks the groups from the token.
 */
export type Groups = ClaimLocations
/**
 * A claim, or a map. The map has one of `from`, `constant` and `payload`. Other keys say how the value is written.
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
 * The claim whose value the header gets. From a list, the plugin uses the first claim that the token has.
 */
export type From = FirstClaim
/**
 * If there is a verified token, the header always has this value.
 */
export type Constant = string
/**
 * The header has the whole payload of the token, in base64url as in the token (RFC 7519 section 3).
 */
export type Payload = true
/**
 * How the plugin writes a list: joined in one header, or as one header line for each element (RFC 9110 section 5.3).
 */
export type List = ("join" | "repeat")
/**
 * The string between joined elements. No element may contain this string.
 */
export type Separator = string
/**
 * `text`: visible ASCII. The plugin refuses the request if the value has other characters. `percent`: UTF-8, with `%XX` for all bytes except letters, digits and `-_.!~*'()` (RFC 3986 section 2.1). `base64url`: base64url of the text's UTF-8. `json`: base64url of the JSON text of any value. The value may also be a map.
 */
export type ValueEncoding = ("text" | "percent" | "base64url" | "json")
/**
 * The header's value if the token does not have the claim.
 */
export type Fallback = string
/**
 * The largest length of the value. The plugin refuses the request if the value is longer.
 */
export type LongestValue = number
/**
 * `negotiate`: problem details (RFC 9457) if `Accept` prefers `application/problem+json` to `application/json`. If not, Kong's own form. `problem`: always problem details. `kong`: always Kong's own form. gRPC clients always get `grpc-status` and `grpc-message`.
 */
export type Format = ("negotiate" | "problem" | "kong")
/**
 * Beginning of the `type` of problem details (RFC 9457 section 3.1.1). The plugin appends the public reason to this text. The text must end with `/`, `#`, `:` or `=`. Without `problem_types`, the type is `about:blank`.
 */
export type BeginningOfProblemTypes = string
/**
 * With `true`, a challenge for a missing or invalid token also names the scopes that the rule requires (RFC 6750 section 3). MCP clients request the named scopes, but every client can read them. With `false`, a client sees the scopes only if its valid token lacks a scope. With `protected_resource`, a client without a token also learns the scopes.
 */
export type ScopesInChallenges = boolean
/**
 * The new status must begin with the same digit as the usual status. By this digit, clients and proxies decide whether to try again. An answer has a challenge only with 401 or with the usual status.
 */
export type Status = number
/**
 * The text for the client. If the text has characters beyond plain ASCII, a challenge omits the text (RFC 6750 section 3).
 */
export type Text = PlainText
/**
 * 1 to 200 visible characters and spaces in one line.
 */
export type PlainText = string
/**
 * The API's identifier (RFC 9728 section 1.2): an https URL without query and fragment, in its normal form. The metadata is on the same host, at `/.well-known/oauth-protected-resource` followed by the URL's path.
 */
export type Resource = string
/**
 * The authorization servers that issue tokens. Without `authorization_servers`, the metadata lists each issuer that is a URL and that a rule accepts. Each named tenant counts as one issuer.
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
 * Scopes that clients may request. Without `scopes_supported`, the metadata lists all scopes that the rules require.
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
 * A policy document is for one or several APIs. The document says which issuers are trusted, what each route requires of an access token, and which verified claims the upstream gets. A request without a rule is refused.
 */
export interface PolicyDocument {
jwt_policy: FormatVersion
name: Name
description?: Description
extends?: Extends
vars?: Variables
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
 * Values of variables that strings of this policy can use. In a string, `${vars.name}` is replaced by the value. Keys, `extends` and variables themselves cannot use variables. A file that `extends` this policy can set other values, so one policy serves several environments. A policy cannot use environment variables.
 */
export interface Variables {
[k: string]: string
}
/**
 * Trusted issuers. You choose an id for each issuer. Rules and logs name the issuer by this id. The plugin refuses tokens of any other issuer (RFC 8725 section 3.8).
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
numeric_subject: NumericSubject
tokens_without_kid: TokensWithoutKid
required_claims: ClaimsOfEveryToken
claims: ClaimNames
keys: Keys
key_refresh: KeyRefresh
}
/**
 * The claim must have a value and pass all tests in this map. Text is compared byte by byte. No value is converted to another type, and numbers are compared exactly.
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
not?: NegatedCondition
absent?: Absent
}
/**
 * One test that the claim must not pass. If the test does not apply to the type of the claim's value, the condition is not met. For several values use `one_of` or `contains_any`.
 */
export interface NegatedCondition {
equals?: Equals
one_of?: OneOf
contains_any?: ContainsAny
contains_all?: ContainsAll
matches?: Matches
min?: Least
max?: Most
/**
 * The client chooses the path, so another spelling of the path would be enough to pass. Compare with equals_path outside of "not".
 */
equals_path?: null
/**
 * The client chooses the header, so another spelling of its value would be enough to pass. Compare with equals_header outside of "not".
 */
equals_header?: null
/**
 * Write the test without "not".
 */
not?: null
/**
 * A condition without tests, such as {}, is met by every claim that has a value.
 */
absent?: null
}
/**
 * The claims in which this issuer writes the facts that rules check, such as scopes and roles.
 */
export interface ClaimNames {
audience: AudienceClaim
tenant?: TenantClaim
scopes: ScopesClaim
roles: RolesClaim
groups: GroupsClaim
}
/**
 * The sources of the issuer's keys. A token cannot change these sources. You can name several sources at the same time, for example during a migration.
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
 * Public keys in the policy itself (RFC 7517 section 5). The keys in the policy change only with the policy. A policy with a private key is refused.
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
 * How long the plugin uses fetched keys. The provider's Cache-Control or Expires sets the time until the next fetch. `min` and `max` limit this time. If the provider sends neither header, this time is 5m.
 */
export interface KeyRefresh {
min: LeastTime
max: LongestTime
cooldown: Cooldown
max_stale: LongestStale
timeout: FetchTimeout
}
/**
 * Default values for all rules. A rule's own value replaces the whole default.
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
 * Conditions on single claims. Each named claim must have a value, unless its condition has `absent`. The condition `{}` requires only that the claim has a value. A rule's own value replaces the value of `defaults`. If a condition applies to every token, write it into the issuer's `required_claims`.
 */
export interface RequiredClaims {
[k: string]: Condition
}
/**
 * How and when the user must have signed in (RFC 9470). If the sign-in was different, the client gets 401 insufficient_user_authentication. The challenge names the values with which the client must request a new sign-in.
 */
export interface Authentication {
acr_values?: ACRValues
amr?: AMR
max_age?: LongestTimeSince
}
/**
 * Rules by id. The plugin's `config.rule` names the rule for a request. Without `config.rule`, the rule with the name of the Kong Route applies. If no rule has the Route's name, a tag of the Route can name the rule: `jwt-policy-rule:<id>`. The plugin refuses a request without a rule. So a policy without rules refuses all requests, but other policies can extend it.
 */
export interface Rules {
[k: string]: Rule
}
/**
 * What this rule requires of a request. `{}` requires only a valid token. With `operations`, the requirements also depend on method and path. If a request matches no operation, the plugin refuses it.
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
 * One way to get access, with all its requirements. An alternative inherits only `accept` and `audiences`.
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
 * Methods and one path template, with the requirements for the requests that match both.
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
 * Where clients may put the token, how long the token may be, and whether the upstream gets it.
 */
export interface Token {
max_bytes: LargestToken
sources: Sources
client_authorization: ClientSAuthorization
forward: Forwarding
}
/**
 * Tells Kong and its plugins, such as acl, rate-limiting and log plugins, who the caller is. The caller (a Consumer, a credential, groups) comes from the verified token. The upstream gets the caller in the headers `X-Consumer-ID`, `X-Consumer-Username`, `X-Consumer-Custom-ID` and `X-Credential-Identifier`. With every rule, the plugin removes these headers from the client's request, in every spelling with `-` and `_`. It also removes `X-Anonymous-Consumer`, `X-Consumer-Groups` and `X-Authenticated-Groups`.
 */
export interface Identity {
issuers?: IdentifyingIssuers
consumer?: Consumer
credential?: Credential
groups?: Groups
}
/**
 * The Kong Consumer that the token names. The plugin looks up the Consumer after the token has passed all checks. Kong's PDK finds Consumers by id or username, but not by `custom_id`.
 */
export interface Consumer {
claim: ConsumerClaim
by: By
unknown: Unknown
cache: Cache
}
/**
 * Maps request headers to claims of the verified token. The upstream gets these headers. If the client sends such headers, the plugin removes them, in every spelling with `-` and `_`, also with public and optional rules. If there is no verified token, the upstream gets none of these headers.
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
name_scopes: ScopesInChallenges
reasons: Reasons
}
/**
 * Your own message and status for each public reason. Reasons that a client must not distinguish share one public reason. These are `invalid_token`, `access_denied` (the token is valid, but access is not allowed) and `unavailable` (503).
 */
export interface Reasons {
[k: string]: CustomAnswer
}
/**
 * Replaces the usual status and text. docs/reference/denials.md lists the usual status and text of each reason.
 */
export interface CustomAnswer {
status?: Status
text?: Text
}
/**
 * With `protected_resource`, the plugin answers requests for the API's metadata (RFC 9728) at the metadata's well-known path. Requests for the metadata need no token, and every challenge names the metadata. MCP clients find their authorization server in the metadata. docs/guides/answers.md says which Kong Route the metadata needs.
 */
export interface ProtectedResource {
resource: Resource
authorization_servers?: AuthorizationServers
scopes_supported?: Scopes
resource_name?: ResourceName
resource_documentation?: Documentation
}
