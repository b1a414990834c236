import type { Answers } from "./answers.ts";
import type { ClaimReference } from "./claim-reference.ts";
import type { OperationTree } from "./operation-tree.ts";

/** A policy document, compiled for decisions. Each look-up for a request is one step in a map or a set. */
export interface CompiledPolicy {
  readonly name: string;
  /** Hex SHA-256 of the document's bytes. It identifies the version in effect. */
  readonly hash: string;
  readonly maxTokenBytes: number;
  /** All places where the plugin looks for a token. */
  readonly tokenSources: readonly TokenSource[];
  /** All request headers that may carry credentials, in each spelling with `-` and `_`. Always includes Authorization. */
  readonly credentialHeaders: readonly string[];
  /** The upstream gets the token in this header: `authorization`, or another one with the bare token. If undefined, it gets no token. */
  readonly forwardHeader: string | undefined;
  /** By exact `iss`. */
  readonly issuers: ReadonlyMap<string, CompiledIssuer>;
  /** Issuers with many tenants. */
  readonly issuerTemplates: IssuerTemplates;
  /** By rule id. */
  readonly rules: ReadonlyMap<string, CompiledRule>;
  readonly headerMappings: readonly HeaderMapping[];
  /** How tokens set Kong's caller. Undefined leaves Kong's caller and its headers unchanged. */
  readonly identity: CompiledIdentity | undefined;
  /**
   * Every header to remove from the client's request, in each spelling with `-` and `_`. These are all mapped headers, the header with
   * the forwarded token unless it is a source, and Kong's identity headers if `identity` sets them.
   */
  readonly clearedHeaders: readonly string[];
  /** Whether any rule rejects requests that come over the network in clear text. */
  readonly needsTransport: boolean;
  /** Names, in lower case, of the header fields that rules need in addition to those that every decision needs. */
  readonly readHeaders: readonly string[];
  /** The mode for a request that no rule matches. */
  readonly unmatchedMode: Mode;
  /** How denied requests are answered. */
  readonly answers: Answers;
  /** The API description that the plugin serves, if the policy has one. */
  readonly protectedResource: ProtectedResource | undefined;
}

/** A place where a token may be. */
export type TokenSource =
  | { readonly from: "authorization" }
  /** Name in lower case. The scheme, with the spaces after it, comes before the token. */
  | { readonly from: "header"; readonly name: string; readonly scheme: RegExp | undefined }
  | { readonly from: "cookie"; readonly name: string; readonly allowedOrigins: ReadonlySet<string> }
  | { readonly from: "query"; readonly name: string };

/** An issuer with many tenants, such as `https://login.microsoftonline.com/{tenantid}/v2.0`: one path segment of `iss` names the tenant. */
export interface IssuerTemplate {
  /** Index of the tenant's segment when `iss` is split at each `/`. */
  readonly segment: number;
  /** The accepted tenants. If undefined, any tenant is accepted. */
  readonly tenants: ReadonlySet<string> | undefined;
}

export interface IssuerTemplates {
  /** By the template with a nameless placeholder, see issuer-template.ts. */
  readonly issuers: ReadonlyMap<string, CompiledIssuer>;
  /** The distinct positions of the placeholders. */
  readonly segments: readonly number[];
}

export interface CompiledIssuer {
  /** The issuer's id in the document; safe in logs and metric labels. */
  readonly id: string;
  /** The exact `iss`, or its template. */
  readonly issuer: string;
  readonly template: IssuerTemplate | undefined;
  readonly audiences: ReadonlySet<string>;
  readonly algorithms: ReadonlySet<string>;
  readonly clockSkewSeconds: number;
  /** Required `typ` in lower case without `application/`. If undefined, any `typ` is accepted. */
  readonly tokenType: string | undefined;
  /** Longest time since `iat`. If undefined, there is no limit. */
  readonly maxTokenAgeSeconds: number | undefined;
  /** Longest time from `iat` to `exp`. If undefined, there is no limit. */
  readonly maxTokenLifetimeSeconds: number | undefined;
  /** Whether tokens that are bound to a key are accepted without proof of possession. */
  readonly acceptsBoundTokens: boolean;
  /** Conditions on all tokens of the issuer, whatever a rule says. They never compare with the request. */
  readonly conditions: readonly Condition[];
  readonly audience: ClaimReference;
  /** Claim that must equal the tenant in `iss`, if the issuer has many tenants. */
  readonly tenant: ClaimReference;
  readonly scopes: ClaimReference;
  readonly roles: ClaimReference;
  readonly groups: ClaimReference;
  readonly keys: readonly KeyOrigin[];
  readonly keyRefresh: KeyRefresh;
}

/** How long fetched keys are used, in seconds. */
export interface KeyRefresh {
  /** The provider suggests the time until the next fetch. These two are the limits for that time. */
  readonly minSeconds: number;
  readonly maxSeconds: number;
  /** An unknown kid causes no fetch until this time after the last attempt. */
  readonly cooldownSeconds: number;
  /** How long the last good keys are used while no fetch succeeds. */
  readonly maxStaleSeconds: number;
}

/** One origin of an issuer's keys. File names are relative to the policy root. */
export type KeyOrigin =
  | ({ readonly from: "discovery"; readonly issuer: string; readonly metadata: "openid" | "oauth" } & FetchRules)
  | ({ readonly from: "metadata_uri"; readonly uri: string; readonly issuer: string } & FetchRules)
  | ({ readonly from: "jwks_uri"; readonly uri: string } & FetchRules)
  | { readonly from: "jwks"; readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] } }
  | { readonly from: "jwks_file"; readonly file: string }
  | ({ readonly from: "pem_file"; readonly file: string } & NamedKey)
  | ({ readonly from: "secret_file"; readonly file: string; readonly encoding: SecretEncoding } & NamedKey);

/** Properties of a key that its file does not state. */
export interface NamedKey {
  readonly kid: string | undefined;
  /** The only algorithm that the key is used with. If absent, it is chosen among the issuer's algorithms. */
  readonly alg?: string;
}

/** The encoding of a shared secret in its file. */
export type SecretEncoding = "text" | "base64url" | "base64" | "hex";

/** Rules for fetched keys. */
export interface FetchRules {
  /** Allows plain http to a host that is not loopback. */
  readonly allowHttp?: true;
  /** RFC 7638 thumbprints (SHA-256, base64url), sorted. No other key is used. */
  readonly thumbprints?: readonly string[];
}

export interface CompiledRule {
  readonly id: string;
  /** Requirements per operation; undefined if they are the same for the whole rule. A request that matches no operation has no rule. */
  readonly operations: OperationTree<Requirements> | undefined;
  /** The requirements of a rule without operations. If the rule has operations, only the mode is used. */
  readonly requirements: Requirements;
}

/** How a verified token becomes the caller's identity for Kong's plugins. */
export interface CompiledIdentity {
  /** Ids of the issuers whose tokens set the identity. */
  readonly issuers: ReadonlySet<string>;
  readonly consumer:
    | {
        readonly claim: ClaimReference;
        readonly by: "id" | "username";
        readonly refusesUnknown: boolean;
        /** How long a found Consumer is cached. */
        readonly maxAgeSeconds: number;
      }
    | undefined;
  readonly credential: ClaimReference | undefined;
  readonly groups: ClaimReference | undefined;
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
  /** One or more, in the order of the document. The request passes if one of them is met. */
  readonly alternatives: readonly Alternative[];
}

/** One way to get access: all of its parts must be met. */
export interface Alternative {
  /** Ids of the issuers whose tokens are accepted. */
  readonly accept: ReadonlySet<string>;
  /** Replaces the issuer's audiences. */
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

/** One claim must have a value, and the value must pass all tests. */
export interface Condition {
  readonly claim: ClaimReference;
  readonly tests: readonly ClaimTest[];
}

export type Scalar = string | number | boolean;

export type ClaimTest =
  | { readonly is: "equals"; readonly value: Scalar }
  | { readonly is: "one_of" | "contains_any" | "contains_all"; readonly values: ReadonlySet<Scalar> }
  /** The pattern is anchored, and has a form that matches in bounded time. */
  | { readonly is: "matches"; readonly pattern: RegExp }
  | { readonly is: "min" | "max"; readonly bound: number }
  /** Index of a segment of the request's path. */
  | { readonly is: "equals_path"; readonly segment: number }
  /** Name in lower case. */
  | { readonly is: "equals_header"; readonly header: string };

/** How and when the user was authenticated (RFC 9470). */
export interface AuthenticationRequirement {
  /** If empty, any value is accepted. */
  readonly acrValues: readonly string[];
  /** The token must have all of these values. */
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
  | { readonly from: "claim"; readonly claim: ClaimReference }
  | { readonly from: "constant"; readonly text: string }
  | { readonly from: "payload" };

/** The API that a policy protects, with its own description (RFC 9728). */
export interface ProtectedResource {
  /** The URL at which clients ask for the description (RFC 9728 section 3.1). */
  readonly metadataUrl: string;
  /** The path of that URL, byte for byte. */
  readonly metadataPath: string;
  /** The description: a JSON text. */
  readonly metadata: string;
}
