import type { Answers } from "./answers.ts";
import type { ClaimReference } from "./claim-reference.ts";
import type { OperationTree } from "./operation-tree.ts";
import type { ProtectedResource } from "./protected-resource.ts";

/** A policy document made ready for decisions: every look-up that a request needs is one step in a map or a set. */
export interface CompiledPolicy {
  readonly name: string;
  /** Hex SHA-256 of the document's bytes: names the version in force. */
  readonly hash: string;
  readonly maxTokenBytes: number;
  /** All places where a token may be. */
  readonly tokenSources: readonly TokenSource[];
  /** Every name that credentials may have in a request's headers, in each spelling with `-` and `_`; Authorization always. */
  readonly credentialHeaders: readonly string[];
  /** The header in which the upstream gets the token: `authorization`, or one that has it bare; undefined for none. */
  readonly forwardHeader: string | undefined;
  /** By exact `iss`. */
  readonly issuers: ReadonlyMap<string, CompiledIssuer>;
  /** Issuers with many tenants. */
  readonly issuerTemplates: IssuerTemplates;
  /** By rule id. */
  readonly rules: ReadonlyMap<string, CompiledRule>;
  readonly headerMappings: readonly HeaderMapping[];
  /** What Kong learns of the caller; undefined leaves Kong's own identity and its headers alone. */
  readonly identity: CompiledIdentity | undefined;
  /**
   * Every name to remove from the client's request: all mapped headers, the one with the token unless it is a source, and Kong's own
   * where `identity` sets them, in each spelling with `-` and `_`.
   */
  readonly clearedHeaders: readonly string[];
  /** Whether any rule refuses what comes over the network in plain. */
  readonly needsTransport: boolean;
  /** Names, in lower case, of the header fields that rules look at, beyond those that every request is judged by. */
  readonly readHeaders: readonly string[];
  /** What becomes of a request that no rule fits. */
  readonly unmatchedMode: Mode;
  /** How refused clients are told. */
  readonly answers: Answers;
  /** The description that the plugin serves, where there is one. */
  readonly protectedResource: ProtectedResource | undefined;
}

/** A place where a token may be. */
export type TokenSource =
  | { readonly from: "authorization" }
  /** Name in lower case; the scheme, with the spaces behind it, stands before the token. */
  | { readonly from: "header"; readonly name: string; readonly scheme: RegExp | undefined }
  | { readonly from: "cookie"; readonly name: string; readonly allowedOrigins: ReadonlySet<string> }
  | { readonly from: "query"; readonly name: string };

/** An issuer with many tenants, such as `https://login.microsoftonline.com/{tenantid}/v2.0`: one path segment of `iss` names the tenant. */
export interface IssuerTemplate {
  /** Index of the tenant's segment when `iss` is split at each `/`. */
  readonly segment: number;
  /** The accepted tenants; undefined accepts any. */
  readonly tenants: ReadonlySet<string> | undefined;
}

export interface IssuerTemplates {
  /** By the template with a nameless placeholder, see issuer-template.ts. */
  readonly issuers: ReadonlyMap<string, CompiledIssuer>;
  /** The places that placeholders have in them, each once. */
  readonly segments: readonly number[];
}

export interface CompiledIssuer {
  /** The issuer's id in the document; safe in logs and metric labels. */
  readonly id: string;
  /** Exact `iss`, or its template. */
  readonly issuer: string;
  readonly template: IssuerTemplate | undefined;
  readonly audiences: ReadonlySet<string>;
  readonly algorithms: ReadonlySet<string>;
  readonly clockSkewSeconds: number;
  /** Required `typ` in lower case without `application/`; undefined accepts any. */
  readonly tokenType: string | undefined;
  /** Longest time since `iat`; undefined accepts any. */
  readonly maxTokenAgeSeconds: number | undefined;
  /** Longest time from `iat` to `exp`; undefined accepts any. */
  readonly maxTokenLifetimeSeconds: number | undefined;
  /** Whether tokens pass that are bound to a key, although it is not asked for. */
  readonly acceptsBoundTokens: boolean;
  /** They hold for each of its tokens, whatever a rule says, and compare with no request. */
  readonly conditions: readonly Condition[];
  readonly audience: ClaimReference;
  /** Claim that must be the tenant of `iss`, where the issuer has many. */
  readonly tenant: ClaimReference;
  readonly scopes: ClaimReference;
  readonly roles: ClaimReference;
  readonly groups: ClaimReference;
  readonly keys: readonly KeyOrigin[];
  readonly keyRefresh: KeyRefresh;
}

/** How long keys that are fetched serve, in seconds. */
export interface KeyRefresh {
  /** Bounds on what the provider says of the time until the next fetch. */
  readonly minSeconds: number;
  readonly maxSeconds: number;
  /** An unknown kid causes a fetch at most this often, counted from the last attempt. */
  readonly cooldownSeconds: number;
  /** How long the last good keys serve while no fetch succeeds. */
  readonly maxStaleSeconds: number;
}

/** One place where keys of an issuer come from. Files are named from the policy root. */
export type KeyOrigin =
  | ({ readonly from: "discovery"; readonly issuer: string; readonly metadata: "openid" | "oauth" } & FetchRules)
  | ({ readonly from: "metadata_uri"; readonly uri: string; readonly issuer: string } & FetchRules)
  | ({ readonly from: "jwks_uri"; readonly uri: string } & FetchRules)
  | { readonly from: "jwks"; readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] } }
  | { readonly from: "jwks_file"; readonly file: string }
  | ({ readonly from: "pem_file"; readonly file: string } & NamedKey)
  | ({ readonly from: "secret_file"; readonly file: string; readonly encoding: SecretEncoding } & NamedKey);

/** Properties of a key that its file does not have. */
export interface NamedKey {
  readonly kid: string | undefined;
  /** The one algorithm that it serves; chosen among the issuer's where it is absent. */
  readonly alg?: string;
}

/** How a shared secret is written in its file. */
export type SecretEncoding = "text" | "base64url" | "base64" | "hex";

/** What holds for keys that are fetched. */
export interface FetchRules {
  /** Plain http is fine, although the host is not loopback. */
  readonly allowHttp?: true;
  /** RFC 7638 thumbprints (SHA-256, base64url), sorted; no other key is used. */
  readonly thumbprints?: readonly string[];
}

export interface CompiledRule {
  readonly id: string;
  /** What holds for the whole rule, or per operation; a request that no operation matches has no rule. */
  readonly operations: OperationTree<Requirements> | undefined;
  /** Meaningful when there are no operations. */
  readonly requirements: Requirements;
}

/** How a verified token becomes the identity that Kong's own plugins know. */
export interface CompiledIdentity {
  /** Ids of the issuers whose tokens it is for. */
  readonly issuers: ReadonlySet<string>;
  readonly consumer:
    | {
        readonly claim: ClaimReference;
        readonly by: "id" | "username";
        readonly refusesUnknown: boolean;
        /** How long a Consumer that was found is remembered. */
        readonly maxAgeSeconds: number;
      }
    | undefined;
  readonly credential: ClaimReference | undefined;
  readonly groups: ClaimReference | undefined;
}

/** What it is worth that another plugin has authenticated the request before. */
type OtherAuthentication = "ignore" | "skip" | "require";

/** Whether a denial ends the request, or is only logged. */
export type Mode = "enforce" | "report";

export interface Requirements {
  readonly access: "required" | "optional" | "public";
  readonly mode: Mode;
  /** Whether tokens may come over the network in plain. */
  readonly allowsHttp: boolean;
  readonly otherAuthentication: OtherAuthentication;
  /** Whether a CORS preflight passes without a token. */
  readonly passesPreflight: boolean;
  /** Header fields that claims are compared with. The upstream gets them as they were compared, and in no other spelling. */
  readonly comparedHeaders: readonly { readonly name: string; readonly spellings: readonly string[] }[];
  /** Ids of the issuers whose tokens some alternative accepts. */
  readonly accept: ReadonlySet<string>;
  /** In the order of the document, one or more: the request passes when one of them holds. */
  readonly alternatives: readonly Alternative[];
}

/** One way to be let in: all of it must hold. */
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

/** What a list of names must hold; an empty list asks nothing. */
export interface Membership {
  readonly allOf: readonly string[];
  readonly anyOf: readonly string[];
  readonly noneOf: readonly string[];
}

/** One claim must have a value, and all tests must hold for it. */
export interface Condition {
  readonly claim: ClaimReference;
  readonly tests: readonly ClaimTest[];
}

export type Scalar = string | number | boolean;

export type ClaimTest =
  | { readonly is: "equals"; readonly value: Scalar }
  | { readonly is: "one_of" | "contains_any" | "contains_all"; readonly values: ReadonlySet<Scalar> }
  /** Anchored, and of a form that takes a bounded time. */
  | { readonly is: "matches"; readonly pattern: RegExp }
  | { readonly is: "min" | "max"; readonly bound: number }
  /** Index of the segment of the request's path. */
  | { readonly is: "equals_path"; readonly segment: number }
  /** Name in lower case. */
  | { readonly is: "equals_header"; readonly header: string };

/** How and when the user was authenticated (RFC 9470). */
export interface AuthenticationRequirement {
  /** Empty accepts any. */
  readonly acrValues: readonly string[];
  /** All of them. */
  readonly amr: readonly string[];
  readonly maxAgeSeconds: number | undefined;
}

export interface HeaderMapping {
  readonly header: string;
  readonly source: HeaderSource;
  readonly list: "join" | "repeat";
  /** Between joined elements. */
  readonly separator: string;
  readonly encoding: "text" | "percent" | "base64url" | "json";
  /** When the token does not have the claim. */
  readonly fallback: string | undefined;
  readonly maxBytes: number;
}

export type HeaderSource =
  | { readonly from: "claim"; readonly claim: ClaimReference }
  | { readonly from: "constant"; readonly text: string }
  | { readonly from: "payload" };
