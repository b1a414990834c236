import type { Answers } from "./answers.ts";
import type { ClaimReference, NameLocation } from "./claim-reference.ts";
import type { OperationTree } from "./operation-tree.ts";

/** A policy document, compiled for decisions. Each look-up for a request is one step in a map or a set. */
export interface CompiledPolicy {
  readonly name: string;
  /** Hex SHA-256 of the document's bytes. The hash identifies the version of the document that is in effect. */
  readonly hash: string;
  readonly maxTokenBytes: number;
  /** All places where the plugin looks for a token. */
  readonly tokenSources: readonly TokenSource[];
  /**
   * All request headers that may carry credentials, in each spelling with `-` and `_`. The list has Authorization,
   * unless the policy keeps the client's own Authorization header.
   */
  readonly credentialHeaders: readonly string[];
  /**
   * The header in which the upstream gets the token: `authorization`, or another header that carries only the token. If
   * `forwardHeader` is undefined, the upstream gets no token.
   */
  readonly forwardHeader: string | undefined;
  /** The issuers, by exact `iss`. */
  readonly issuers: ReadonlyMap<string, CompiledIssuer>;
  /** Issuers with many tenants. */
  readonly issuerTemplates: IssuerTemplates;
  /** The rules, by rule id. */
  readonly rules: ReadonlyMap<string, CompiledRule>;
  readonly headerMappings: readonly HeaderMapping[];
  /**
   * How tokens set Kong's caller. If `identity` is undefined, Kong's caller and Kong's identity headers stay unchanged.
   */
  readonly identity: CompiledIdentity | undefined;
  /**
   * Every header to remove from the client's request, in each spelling with `-` and `_`. The list has all mapped
   * headers, and Kong's identity headers if `identity` sets them. The list also has the header with the forwarded
   * token, unless that header is a token source.
   */
  readonly clearedHeaders: readonly string[];
  /** Whether any rule rejects requests that come over the network in clear text. */
  readonly needsTransport: boolean;
  /**
   * The lower-case names of the header fields that rules need. Fields that every decision needs are not in the list.
   */
  readonly readHeaders: readonly string[];
  /** The facts on which an Allow of this policy can depend. */
  readonly decidingFacts: DecidingFacts;
  /** The mode for a request that no rule matches. */
  readonly unmatchedMode: Mode;
  /** How denied requests are answered. */
  readonly answers: Answers;
  /** The API description that the plugin serves, if the policy has one. */
  readonly protectedResource: ProtectedResource | undefined;
}

/**
 * The facts on which an Allow depends. Two requests may share an Allow if three things are the same: these facts, the
 * method and `Connection`. Both requests must have plain paths.
 */
export interface DecidingFacts {
  /**
   * Whether decisions depend on the path or the query. If not, the plugin compares paths only if a path may be
   * ambiguous.
   */
  readonly target: boolean;
  /** Whether decisions depend on how the request came: over TLS, from this machine, or in clear text. */
  readonly transport: boolean;
  /** Names of header fields in lower case. */
  readonly headers: readonly string[];
}

/** A place where a token may be. */
export type TokenSource = TokenPlace & {
  /**
   * Ids of the issuers whose tokens may come in this token source. If absent, tokens of all issuers may come in this
   * source.
   */
  readonly issuers?: ReadonlySet<string>;
};

type TokenPlace =
  | {
      readonly from: "authorization";
      /** Authentication schemes in lower case. If absent, the plugin accepts only the scheme `bearer`. */
      readonly schemes?: ReadonlySet<string>;
      /** Whether a token without a scheme is accepted too. */
      readonly allowsBare?: boolean;
    }
  /**
   * The name of the header in lower case. `scheme` matches the scheme before the token, and the spaces after the
   * scheme.
   */
  | { readonly from: "header"; readonly name: string; readonly scheme: RegExp | undefined }
  | { readonly from: "cookie"; readonly name: string; readonly allowedOrigins: ReadonlySet<string> }
  | { readonly from: "query"; readonly name: string };

/**
 * An issuer with many tenants: one path segment of `iss` names the tenant, as in
 * `https://login.microsoftonline.com/{tenantid}/v2.0`.
 */
export interface IssuerTemplate {
  /** Index of the tenant's segment when `iss` is split at each `/`. */
  readonly segment: number;
  /** The accepted tenants. If undefined, any tenant is accepted. */
  readonly tenants: ReadonlySet<string> | undefined;
}

export interface IssuerTemplates {
  /** The key of each entry is the template without the name of its placeholder: see issuer-template.ts. */
  readonly issuers: ReadonlyMap<string, CompiledIssuer>;
  /** The positions in `iss` at which templates have a placeholder, each listed once. */
  readonly segments: readonly number[];
}

export interface CompiledIssuer {
  /** The issuer's id in the document; safe in logs and metric labels. */
  readonly id: string;
  /** The exact `iss`, or the template of the `iss`. */
  readonly issuer: string;
  readonly template: IssuerTemplate | undefined;
  /**
   * An issuer can have keys for each tenant. If this entry is one tenant of such an issuer, `tenantOf` is the issuer's
   * template. Otherwise, `tenantOf` is undefined. The keys of a tenant are loaded when they are needed.
   */
  readonly tenantOf: string | undefined;
  readonly audiences: ReadonlySet<string>;
  readonly algorithms: ReadonlySet<string>;
  readonly clockSkewSeconds: number;
  /** Accepted `typ`, in lower case without `application/`. If undefined, any `typ` is accepted. */
  readonly tokenTypes: ReadonlySet<string> | undefined;
  /** The longest accepted time since `iat`. If undefined, a token may have any age. */
  readonly maxTokenAgeSeconds: number | undefined;
  /** The longest accepted time from `iat` to `exp`. If undefined, a token may have any lifetime. */
  readonly maxTokenLifetimeSeconds: number | undefined;
  /** Whether tokens that are bound to a key are accepted without proof of possession. */
  readonly acceptsBoundTokens: boolean;
  /** Whether several keys may be tried for a token that names no key. */
  readonly triesKeys: boolean;
  /** Whether an integer `sub` counts as a decimal string. */
  readonly acceptsNumericSubject: boolean;
  /**
   * Conditions on all tokens of the issuer, whatever a rule says. The issuer's conditions never compare a claim with
   * the request.
   */
  readonly conditions: readonly Condition[];
  readonly audience: ClaimReference;
  /** Claim that must equal the tenant in `iss`, if the issuer has many tenants. */
  readonly tenant: ClaimReference;
  readonly scopes: readonly NameLocation[];
  readonly roles: readonly NameLocation[];
  readonly groups: readonly NameLocation[];
  readonly keys: readonly KeyOrigin[];
  readonly keyRefresh: KeyRefresh;
  /**
   * Other entries of the policy with the same issuer identifier, for other kinds of tokens. All entries with the same
   * identifier have the same keys and algorithms. No token meets the conditions of two entries.
   */
  readonly otherEntries: readonly CompiledIssuer[];
}

/** How long fetched keys are used, in seconds. */
export interface KeyRefresh {
  /** The provider suggests how long to wait before the next fetch. These are the limits for that wait. */
  readonly minSeconds: number;
  readonly maxSeconds: number;
  /** For this many seconds after an attempt to fetch keys, a token with an unknown `kid` causes no fetch. */
  readonly cooldownSeconds: number;
  /** How long the last good keys are used while no fetch succeeds. */
  readonly maxStaleSeconds: number;
  /** Time limit for each request to the provider. */
  readonly timeoutSeconds: number;
}

/** One source of an issuer's keys. File names are relative to the policy root. */
export type KeyOrigin =
  | ({ readonly from: "discovery"; readonly issuer: string; readonly metadata: "openid" | "oauth" } & FetchRules)
  | ({ readonly from: "metadata_uri"; readonly uri: string; readonly issuer: string } & FetchRules)
  | ({ readonly from: "jwks_uri"; readonly uri: string } & FetchRules)
  | { readonly from: "jwks"; readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] } }
  | { readonly from: "jwks_file"; readonly file: string }
  | ({ readonly from: "pem_file"; readonly file: string } & NamedKey)
  | ({ readonly from: "secret_file"; readonly file: string; readonly encoding: SecretEncoding } & NamedKey);

/** Properties of a key that the key's file does not state. */
export interface NamedKey {
  readonly kid: string | undefined;
  /** The only algorithm that the key is used with. If absent, the plugin chooses among the issuer's algorithms. */
  readonly alg?: string;
}

/** The encoding of a shared secret in its file. */
export type SecretEncoding = "text" | "base64url" | "base64" | "hex";

/** Rules for fetched keys. */
export interface FetchRules {
  /** Allows http without TLS to a host that is not loopback. */
  readonly allowHttp?: true;
  /**
   * RFC 7638 thumbprints (SHA-256, base64url), sorted. The plugin uses a fetched key only if its thumbprint is in this
   * list.
   */
  readonly thumbprints?: readonly string[];
}

export interface CompiledRule {
  readonly id: string;
  /**
   * The requirements of each operation; undefined if all requests of the rule have the same requirements. If the rule
   * has operations and a request matches none of them, the request matches no rule.
   */
  readonly operations: OperationTree<Requirements> | undefined;
  /**
   * The requirements of a rule without operations. If the rule has operations, only the mode of these requirements is
   * used.
   */
  readonly requirements: Requirements;
}

/** How a verified token becomes the caller's identity for Kong's plugins. */
export interface CompiledIdentity {
  /** Ids of the issuers whose tokens set the identity. */
  readonly issuers: ReadonlySet<string>;
  readonly consumer:
    | {
        /** The plugin uses the first listed claim that is present in the token. */
        readonly claims: readonly ClaimReference[];
        readonly by: "id" | "username";
        readonly refusesUnknown: boolean;
        /** How long a found Consumer is cached. */
        readonly maxAgeSeconds: number;
      }
    | undefined;
  /** The plugin uses the first listed claim that is present in the token. */
  readonly credential: readonly ClaimReference[] | undefined;
  readonly groups: readonly NameLocation[] | undefined;
}

/** How an earlier authentication by another plugin affects the decision. */
type OtherAuthentication = "ignore" | "skip" | "require";

/** Whether a denial rejects the request, or is only logged. */
export type Mode = "enforce" | "report";

export interface Requirements {
  readonly access: "required" | "optional" | "public";
  readonly mode: Mode;
  /** Whether tokens may come over the network in clear text. */
  readonly allowsHttp: boolean;
  readonly otherAuthentication: OtherAuthentication;
  /** Whether a CORS preflight passes without a token. */
  readonly passesPreflight: boolean;
  /** Header fields that claims are compared with. The upstream gets the compared values, and no other spelling of the names. */
  readonly comparedHeaders: readonly { readonly name: string; readonly spellings: readonly string[] }[];
  /** Ids of the issuers whose tokens at least one alternative accepts. */
  readonly accept: ReadonlySet<string>;
  /**
   * One or more alternatives, in the order of the document. The request passes if the token meets one of the
   * alternatives.
   */
  readonly alternatives: readonly Alternative[];
}

/** One way to get access: the token must meet all parts of the alternative. */
export interface Alternative {
  /** Ids of the issuers whose tokens are accepted. */
  readonly accept: ReadonlySet<string>;
  /** The accepted audiences. If absent, the issuer's audiences are accepted. */
  readonly audiences: ReadonlySet<string> | undefined;
  readonly scopes: Membership;
  readonly roles: Membership;
  readonly groups: Membership;
  readonly conditions: readonly Condition[];
  readonly authentication: AuthenticationRequirement | undefined;
}

/** Names that a claim must or must not have. An empty list requires nothing. */
export interface Membership {
  readonly allOf: readonly string[];
  readonly anyOf: readonly string[];
  readonly noneOf: readonly string[];
}

/** A condition on one claim. The claim's value must pass all tests. */
export interface Condition {
  readonly claim: ClaimReference;
  /** Whether a claim without a value is `refused`, `allowed` or `required`. */
  readonly absent: "refused" | "allowed" | "required";
  readonly tests: readonly ClaimTest[];
}

export type Scalar = string | number | boolean;

export type ClaimTest = PlainTest | { readonly is: "not"; readonly test: PlainTest };

export type PlainTest =
  | { readonly is: "equals"; readonly value: Scalar }
  | { readonly is: "one_of" | "contains_any" | "contains_all"; readonly values: ReadonlySet<Scalar> }
  /** The pattern is anchored, and has a form that matches in bounded time. */
  | { readonly is: "matches"; readonly pattern: RegExp }
  | { readonly is: "min" | "max"; readonly bound: number }
  /** The claim must equal the segment with this index in the request's path. */
  | { readonly is: "equals_path"; readonly segment: number }
  /** The header's name in lower case. */
  | { readonly is: "equals_header"; readonly header: string };

/** How and when the user was authenticated (RFC 9470). */
export interface AuthenticationRequirement {
  /** The accepted values of `acr`. If the list is empty, any `acr` is accepted. */
  readonly acrValues: readonly string[];
  /** The values that `amr` must contain. */
  readonly amr: readonly string[];
  readonly maxAgeSeconds: number | undefined;
}

export interface HeaderMapping {
  readonly header: string;
  readonly source: HeaderSource;
  readonly list: "join" | "repeat";
  /** The text between joined elements. */
  readonly separator: string;
  readonly encoding: "text" | "percent" | "base64url" | "json";
  /** The header's value if the token does not have the claim. */
  readonly fallback: string | undefined;
  readonly maxBytes: number;
}

export type HeaderSource =
  /** The plugin uses the first listed claim that is present in the token. */
  | { readonly from: "claim"; readonly claims: readonly ClaimReference[] }
  | { readonly from: "constant"; readonly text: string }
  | { readonly from: "payload" };

/** The API that a policy protects, and the description of this API (RFC 9728). */
export interface ProtectedResource {
  /** The URL at which clients ask for the description (RFC 9728 section 3.1). */
  readonly metadataUrl: string;
  /** The path of the description's URL, exactly as clients must send it. */
  readonly metadataPath: string;
  /** The description: a JSON text. */
  readonly metadata: string;
}
